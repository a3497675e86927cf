import { fromBase64 } from "./base64.js";
import { when } from "./compare.js";
import { NotAppliedError } from "./errors.js";
import { checkKey } from "./key-check.js";
import type { Revision } from "./key-value.js";
import type { Op } from "./operation.js";
import type { StateStore } from "./state-store.js";

/** Bytes of values written at once; some stores take little more. */
const batchBytes = 524_288;

/** What {@link importSnapshot} wrote. */
export interface ImportedSnapshot {
  /** The revision, in the store it came from, that the snapshot shows. */
  readonly sourceRevision: Revision;
  /** How many keys were written. */
  readonly keys: number;
}

/**
 * Writes what {@link exportSnapshot} read, under the same keys; none of the store's keys may begin with `prefix` yet.
 *
 * @remarks
 * It takes several transactions, each of which creates keys and never replaces one. When it fails halfway, what it had
 * written stays; delete the prefix before the next attempt.
 * @param text - The snapshot in pieces of any size, such as a file's stream decoded as UTF-8.
 * @throws NotAppliedError when the prefix is not empty, or somebody writes to it meanwhile.
 * @throws TypeError for text that is no snapshot, was cut off, or has keys that don't begin with `prefix`.
 *
 * @example
 * ```ts
 * import { NotAppliedError, exportSnapshot, importSnapshot, put } from "keelson/store";
 * import { memoryStore } from "keelson/store/memory";
 *
 * const [from, to] = [memoryStore(), memoryStore()];
 * await put(from, "/plan", "v1");
 * await importSnapshot(to, "/", exportSnapshot(from, { prefix: "/" })) // => { sourceRevision: 2, keys: 1 }
 * await importSnapshot(to, "/", exportSnapshot(from, { prefix: "/" })); // throws NotAppliedError
 * ```
 */
export async function importSnapshot(
  store: StateStore,
  prefix: string,
  text: AsyncIterable<string> | Iterable<string>,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<ImportedSnapshot> {
  const { count } = await store.range({ prefix }, { countOnly: true, signal });
  if (count > 0) throw new NotAppliedError(`${JSON.stringify(prefix)} is not empty: it has ${count} keys`);
  let header: Record<string, unknown> | undefined;
  let end: Record<string, unknown> | undefined;
  let puts: (Op & { readonly type: "put" })[] = [];
  let bytes = 0;
  let keys = 0;
  const flush = async (): Promise<void> => {
    await create(store, puts, signal);
    keys += puts.length;
    puts = [];
    bytes = 0;
  };
  for await (const { record, number } of records(text)) {
    if (header === undefined) {
      header = headerOf(record);
    } else if (end !== undefined) {
      throw malformed(number, "nothing after the last line");
    } else if (record["end"] === true) {
      end = record;
    } else {
      const put = putOf(record, prefix, number);
      if (puts.length >= store.capabilities.maxTxnOps || bytes + put.value.length > batchBytes) await flush();
      puts.push(put);
      bytes += put.value.length;
    }
  }
  await flush();
  if (header === undefined || end?.["keys"] !== keys) {
    throw new TypeError(`Expected a whole snapshot, got one that was cut off; ${keys} keys were written`);
  }
  return { sourceRevision: Number(header["revision"]), keys };
}

async function create(
  store: StateStore,
  puts: readonly (Op & { readonly type: "put" })[],
  signal: AbortSignal | undefined,
): Promise<void> {
  if (puts.length === 0) return;
  const absent = puts.map(({ key }) => when(key).version("=", 0));
  const { succeeded } = await store.txn({ if: absent, then: puts }, { signal });
  if (!succeeded) throw new NotAppliedError("somebody else is writing keys of the snapshot");
}

async function* records(
  text: AsyncIterable<string> | Iterable<string>,
): AsyncGenerator<{ readonly record: Record<string, unknown>; readonly number: number }> {
  let rest = "";
  let number = 0;
  for await (const piece of text) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      number += 1;
      yield { record: recordOf(line, number), number };
    }
  }
  if (rest !== "") yield { record: recordOf(rest, number + 1), number: number + 1 };
}

function recordOf(line: string, number: number): Record<string, unknown> {
  try {
    const record: unknown = JSON.parse(line);
    if (typeof record === "object" && record !== null) return record as Record<string, unknown>;
  } catch {
    // falls through: the parser's message would quote the line, which may hold a secret
  }
  throw malformed(number, "a JSON object");
}

function headerOf(record: Record<string, unknown>): Record<string, unknown> {
  if (record["keelson"] === "snapshot" && record["format"] === 1) return record;
  throw malformed(1, "the head of a snapshot of format 1");
}

function putOf(record: Record<string, unknown>, prefix: string, number: number): Op & { readonly type: "put" } {
  const { key, value } = record;
  if (typeof key !== "string" || typeof value !== "string") throw malformed(number, "a key and a value");
  checkKey(key);
  if (!key.startsWith(prefix)) throw malformed(number, `a key that begins with ${JSON.stringify(prefix)}`);
  try {
    return { type: "put", key, value: fromBase64(value) };
  } catch {
    throw malformed(number, "a value in base64");
  }
}

function malformed(number: number, expected: string): TypeError {
  return new TypeError(`Expected line ${number} of the snapshot to be ${expected}`);
}
