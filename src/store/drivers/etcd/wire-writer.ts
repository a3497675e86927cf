const initialBytes = 512;

/**
 * Writes protobuf's wire format from the end to the front, so that the length of a nested message is known when it has
 * to be written.
 */
export class WireWriter {
  #buffer: Buffer = Buffer.allocUnsafe(initialBytes);
  /** The first byte written so far. */
  #at = initialBytes;

  /** How many bytes there are. */
  get length(): number {
    return this.#buffer.length - this.#at;
  }

  byte(value: number): void {
    this.#room(1);
    this.#at -= 1;
    this.#buffer[this.#at] = value;
  }

  /** A 32-bit integer, most significant byte first. */
  uint32BE(value: number): void {
    this.#room(4);
    this.#at -= 4;
    this.#buffer.writeUInt32BE(value, this.#at);
  }

  /** A safe integer. */
  varint(value: number): void {
    if (value < 0) {
      this.bigVarint(BigInt(value));
      return;
    }
    this.#room(10);
    let length = 1;
    for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) length += 1;
    this.#at -= length;
    let at = this.#at;
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#buffer[at++] = (rest % 0x80) | 0x80;
    this.#buffer[at] = rest;
  }

  /** Any 64-bit integer; a negative one as its two's complement. */
  bigVarint(value: bigint): void {
    const groups: number[] = [];
    let rest = BigInt.asUintN(64, value);
    for (; rest >= 0x80n; rest >>= 7n) groups.push(Number(rest & 0x7fn) | 0x80);
    groups.push(Number(rest));
    for (const group of groups.reverse()) this.byte(group);
  }

  bytes(value: Uint8Array): void {
    this.#room(value.length);
    this.#at -= value.length;
    this.#buffer.set(value, this.#at);
  }

  /** Writes UTF-8; answers how many bytes that took. */
  text(value: string): number {
    const length = Buffer.byteLength(value);
    this.#room(length);
    this.#at -= length;
    this.#buffer.write(value, this.#at);
    return length;
  }

  /** What has been written; the writer is done with it. */
  finish(): Buffer {
    return this.#buffer.subarray(this.#at);
  }

  #room(bytes: number): void {
    if (this.#at >= bytes) return;
    const { length } = this;
    const grown = Buffer.allocUnsafe(Math.max(2 * this.#buffer.length, length + bytes));
    const at = grown.length - length;
    this.#buffer.copy(grown, at, this.#at);
    this.#buffer = grown;
    this.#at = at;
  }
}
