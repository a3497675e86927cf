interface Chunk<T> {
  readonly slots: (T | undefined)[];
  next: Chunk<T> | undefined;
}

const size = 64;

/**
 * A queue without bound on linked chunks: it neither copies when it grows nor keeps what a burst once needed.
 *
 * @internal
 */
export class Chunks<T> {
  length = 0;
  private first: Chunk<T> = newChunk();
  private last: Chunk<T> = this.first;
  private head = 0;
  private tail = 0;

  push(value: T): void {
    if (this.tail === size) {
      const chunk = newChunk<T>();
      this.last.next = chunk;
      this.last = chunk;
      this.tail = 0;
    }
    this.last.slots[this.tail] = value;
    this.tail += 1;
    this.length += 1;
  }

  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const value = this.first.slots[this.head];
    this.first.slots[this.head] = undefined;
    this.head += 1;
    this.length -= 1;
    if (this.length === 0) {
      this.head = 0;
      this.tail = 0;
    } else if (this.head === size && this.first.next !== undefined) {
      this.first = this.first.next;
      this.head = 0;
    }
    return value;
  }
}

function newChunk<T>(): Chunk<T> {
  return { slots: [], next: undefined };
}
