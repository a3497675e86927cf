import { type Draft, type FieldType, type Message, type MessageName, schema } from "./schema.js";
import { WireReader } from "./wire-reader.js";
import { WireWriter } from "./wire-writer.js";

type Value = Readonly<Record<string, unknown>>;
type Target = Record<string, unknown>;

/** One field, ready to be written and read. */
interface Field {
  readonly name: string;
  readonly number: number;
  readonly isRepeated: boolean;
  readonly missing: unknown;
  /** Writes the field with its tag; nothing where it has its default. */
  readonly write: (writer: WireWriter, value: unknown) => void;
  readonly read: (reader: WireReader) => unknown;
}

const noBytes = /* @__PURE__ */ new Uint8Array(0);
const nothing: readonly never[] = [];
const idPattern = /^[1-9a-f][0-9a-f]{0,15}$/;

const fields: Map<MessageName, readonly Field[]> = /* @__PURE__ */ new Map<MessageName, readonly Field[]>();

function fieldsOf(name: MessageName): readonly Field[] {
  let known = fields.get(name);
  if (known === undefined) {
    const entries = Object.entries<readonly [number, FieldType, "repeated"?]>(schema[name]);
    known = entries.map(([field, [number, type, repeated]]) => compile(field, number, type, repeated === "repeated"));
    fields.set(name, known);
  }
  return known;
}

function compile(name: string, number: number, type: FieldType, isRepeated: boolean): Field {
  const base = { name, number, isRepeated };
  const delimited = number * 8 + 2;
  const plain = number * 8;
  if (isMessage(type)) {
    return {
      ...base,
      missing: undefined,
      write: (writer, value) => {
        const before = writer.length;
        writeMessage(writer, type, value as Value);
        writer.varint(writer.length - before);
        writer.varint(delimited);
      },
      read: (reader) => reader.nested(() => readMessage(reader, type)),
    };
  }
  switch (type) {
    case "text":
      return {
        ...base,
        missing: "",
        write: (writer, value) => {
          if (value === "") return;
          writer.varint(writer.text(value as string));
          writer.varint(delimited);
        },
        read: (reader) => reader.text(),
      };
    case "bytes":
      return {
        ...base,
        missing: noBytes,
        write: (writer, value) => {
          const bytes = value as Uint8Array;
          if (bytes.length === 0) return;
          writer.bytes(bytes);
          writer.varint(bytes.length);
          writer.varint(delimited);
        },
        read: (reader) => reader.bytes(),
      };
    case "bool":
      return {
        ...base,
        missing: false,
        write: (writer, value) => {
          if (value === false) return;
          writer.varint(1);
          writer.varint(plain);
        },
        read: (reader) => reader.varint() !== 0,
      };
    case "int":
      return {
        ...base,
        missing: 0,
        write: (writer, value) => {
          if (value === 0) return;
          writer.varint(value as number);
          writer.varint(plain);
        },
        read: (reader) => reader.varint(),
      };
    case "id":
      return {
        ...base,
        missing: "",
        write: (writer, value) => {
          if (value === "") return;
          writer.bigVarint(idPattern.test(value as string) ? BigInt(`0x${value as string}`) : -1n);
          writer.varint(plain);
        },
        read: (reader) => {
          const id = reader.bigVarint();
          return id === 0n ? "" : id.toString(16);
        },
      };
  }
}

function isMessage(type: FieldType): type is MessageName {
  return type in schema;
}

function writeMessage(writer: WireWriter, name: MessageName, value: Value): void {
  const known = fieldsOf(name);
  for (let index = known.length - 1; index >= 0; index -= 1) {
    const field = known[index];
    const content = field === undefined ? undefined : value[field.name];
    if (field === undefined || content === undefined) continue;
    if (!field.isRepeated) {
      field.write(writer, content);
      continue;
    }
    const items = content as readonly unknown[];
    for (let at = items.length - 1; at >= 0; at -= 1) field.write(writer, items[at]);
  }
}

function readMessage(reader: WireReader, name: MessageName): Value {
  const known = fieldsOf(name);
  const message: Target = {};
  for (const field of known) message[field.name] = field.isRepeated ? nothing : field.missing;
  while (!reader.isOver) {
    const tag = reader.varint();
    const number = Math.floor(tag / 8);
    const field = known.find((each) => each.number === number);
    if (field === undefined) reader.skip(tag % 8);
    else if (!field.isRepeated) message[field.name] = field.read(reader);
    else if (message[field.name] === nothing) message[field.name] = [field.read(reader)];
    else (message[field.name] as unknown[]).push(field.read(reader));
  }
  return message;
}

/** A message as gRPC sends it: one byte that says that it is not compressed, its length, and itself. */
export function encodeFrame<N extends MessageName>(name: N, draft: Draft<N>): Buffer {
  const writer = new WireWriter();
  writeMessage(writer, name, draft);
  writer.uint32BE(writer.length);
  writer.byte(0);
  return writer.finish();
}

/** Reads a message; fields that the schema does not have are passed over. */
export function decodeMessage<N extends MessageName>(name: N, bytes: Buffer): Message<N> {
  return readMessage(new WireReader(bytes), name) as Message<N>;
}
