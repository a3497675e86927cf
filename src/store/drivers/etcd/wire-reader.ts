/** Reads protobuf's wire format. */
export class WireReader {
  readonly #buffer: Buffer;
  #at: number;
  #end: number;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
    this.#at = 0;
    this.#end = buffer.length;
  }

  /** Whether the message that is being read is over. */
  get isOver(): boolean {
    return this.#at >= this.#end;
  }

  /** A number, exact where it is a safe integer. */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 10; count += 1) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
    throw malformed();
  }

  bigVarint(): bigint {
    const start = this.#at;
    const value = this.varint();
    if (Number.isSafeInteger(value)) return BigInt(value);
    let exact = 0n;
    for (let at = this.#at - 1; at >= start; at -= 1) exact = (exact << 7n) | BigInt((this.#buffer[at] ?? 0) & 0x7f);
    return BigInt.asUintN(64, exact);
  }

  /** A copy, which does not hold on to what came from the socket. */
  bytes(): Uint8Array {
    const [start, end] = this.#span();
    const copy = new Uint8Array(end - start);
    copy.set(this.#buffer.subarray(start, end));
    return copy;
  }

  text(): string {
    const [start, end] = this.#span();
    return this.#buffer.toString("utf8", start, end);
  }

  /** Reads what is nested here: `read` sees its end as the end. */
  nested<T>(read: () => T): T {
    const outer = this.#end;
    const [start, end] = this.#span();
    this.#at = start;
    this.#end = end;
    const value = read();
    this.#at = end;
    this.#end = outer;
    return value;
  }

  /** Passes over a field nobody asked for. */
  skip(wireType: number): void {
    switch (wireType) {
      case 0:
        this.varint();
        return;
      case 1:
        this.#advance(8);
        return;
      case 2:
        this.#span();
        return;
      case 5:
        this.#advance(4);
        return;
      default:
        throw malformed();
    }
  }

  #byte(): number {
    const byte = this.#at < this.#end ? this.#buffer[this.#at] : undefined;
    if (byte === undefined) throw malformed();
    this.#at += 1;
    return byte;
  }

  /** Where a length-delimited field starts and ends; the reader stands behind it. */
  #span(): [start: number, end: number] {
    const length = this.varint();
    const start = this.#at;
    this.#advance(length);
    return [start, this.#at];
  }

  #advance(bytes: number): void {
    if (this.#at + bytes > this.#end) throw malformed();
    this.#at += bytes;
  }
}

function malformed(): Error {
  return new Error("the server's answer is no protobuf message");
}
