const prefixBytes = 5;

/** Puts the messages of a gRPC stream together from the pieces in which they come. */
export class FrameJoiner {
  readonly #onMessage: (message: Buffer) => void;
  #pieces: Buffer[] = [];
  #bytes = 0;
  /** How many bytes the first message needs, its prefix included. */
  #needed = prefixBytes;

  constructor(onMessage: (message: Buffer) => void) {
    this.#onMessage = onMessage;
  }

  push(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    while (this.#bytes >= this.#needed) {
      const [first] = this.#pieces;
      const joined = first?.length === this.#bytes ? first : Buffer.concat(this.#pieces, this.#bytes);
      const length = prefixBytes + joined.readUInt32BE(1);
      if (joined[0] !== 0) throw new Error("the server compresses its answers, which it was not asked to");
      if (joined.length < length) {
        this.#pieces = [joined];
        this.#needed = length;
        return;
      }
      this.#pieces = joined.length === length ? [] : [joined.subarray(length)];
      this.#bytes -= length;
      this.#needed = prefixBytes;
      this.#onMessage(joined.subarray(prefixBytes, length));
    }
  }
}
