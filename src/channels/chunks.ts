interface Chunk<T> {
  readonly slots: (T | undefined)[];
  next: Chunk<T> | undefined;
}

const size = 64;

/** Stands for "no chunk": never written to, since a push at `tail === size` extends first. */
const none: Chunk<never> = { slots: [], next: undefined };

/**
 * A queue on linked chunks: it never copies to grow, keeps nothing of what a burst needed but one spare chunk, and
 * takes little while it is empty.
 *
 * @internal
 */
export class Chunks<T> {
  length = 0;
  private first: Chunk<T> = none;
  private last: Chunk<T> = none;
  private spare: Chunk<T> | undefined = undefined;
  private head = 0;
  /** Where the next value goes in the last chunk; at the end of none before there is one. */
  private tail: number = size;

  push(value: T): void {
    const { slots } = this.tail === size ? this.extend() : this.last;
    slots[this.tail] = value;
    this.tail += 1;
    this.length += 1;
  }

  /** Takes the oldest value, of which there must be one; its slot is cleared so that nothing is retained. */
  shift(): T {
    const { first } = this;
    const value = first.slots[this.head] as T;
    first.slots[this.head] = undefined;
    this.head += 1;
    this.length -= 1;
    if (this.length === 0) {
      this.head = 0;
      this.tail = 0;
    } else if (this.head === size) {
      this.first = first.next ?? none;
      this.head = 0;
      first.next = undefined;
      this.spare = first;
    }
    return value;
  }

  private extend(): Chunk<T> {
    const chunk = this.spare ?? { slots: [], next: undefined };
    this.spare = undefined;
    if (this.last === none) this.first = chunk;
    else this.last.next = chunk;
    this.last = chunk;
    this.tail = 0;
    return chunk;
  }
}
