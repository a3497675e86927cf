/** What every queue starts with; never written to. */
const none: never[] = [];
/** A ring of so many slots is kept for the next burst; a longer one is let go once it is empty. */
const keptSlots = 1024;

/**
 * A queue on a ring that grows by doubling: push and shift take constant time at any depth
 * (`Array#shift` costs microseconds an item once tens of thousands are queued).
 *
 * @internal
 */
export class Deque<T> {
  length = 0;
  #ring: (T | undefined)[] = none;
  #head = 0;

  push(value: T): void {
    const { length } = this;
    const ring = this.#ring;
    // To grow is to start again, so that whoever need not grow looks at the ring once: a tenth of a send.
    if (length === ring.length) {
      this.#grow();
      this.push(value);
      return;
    }
    ring[(this.#head + length) & (ring.length - 1)] = value;
    this.length = length + 1;
  }

  /** Takes the oldest value; its slot is cleared so that nothing is retained. */
  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const ring = this.#ring;
    const head = this.#head;
    const value = ring[head];
    ring[head] = undefined;
    this.#drop(1);
    return value;
  }

  /** Takes the oldest values, at most `max`: those up to the end of the ring, and then those that went on at its start. */
  takeMany(max: number): T[] {
    const ring = this.#ring;
    const from = this.#head;
    const to = from + Math.min(max, this.length, ring.length - from);
    const values = ring.slice(from, to) as T[];
    for (let at = from; at < to; at += 1) ring[at] = undefined;
    this.#drop(to - from);
    const left = max - values.length;
    return left > 0 && this.length > 0 ? values.concat(this.takeMany(left)) : values;
  }

  peek(): T | undefined {
    return this.#ring[this.#head];
  }

  clear(): void {
    this.#ring = none;
    this.#head = 0;
    this.length = 0;
  }

  /** Forgets the oldest `count` slots, which were cleared. */
  #drop(count: number): void {
    this.#head = (this.#head + count) & (this.#ring.length - 1);
    this.length -= count;
    if (this.length === 0 && this.#ring.length > keptSlots) this.clear();
  }

  #grow(): void {
    const { length } = this;
    this.#ring = [...this.takeMany(length), ...new Array<undefined>(Math.max(4, length))];
    this.#head = 0;
    this.length = length;
  }
}
