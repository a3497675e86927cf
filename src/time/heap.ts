/** What a {@link Heap} orders, and where it stands in it. */
export interface HeapEntry {
  readonly deadline: number;
  /** Its index in the heap; -1 outside. */
  place: number;
}

/**
 * Entries by deadline, earliest first: a binary heap from whose middle an entry can be taken.
 *
 * @internal
 */
export class Heap<E extends HeapEntry> {
  readonly #entries: E[] = [];

  get length(): number {
    return this.#entries.length;
  }

  peek(): E | undefined {
    return this.#entries[0];
  }

  push(entry: E): void {
    entry.place = this.#entries.length;
    this.#entries.push(entry);
    this.#rise(entry);
  }

  /** Takes `entry` out, wherever it stands. */
  remove(entry: E): void {
    const { place } = entry;
    const last = this.#entries.pop();
    entry.place = -1;
    if (last === undefined || last === entry) return;
    this.#put(last, place);
    this.#rise(last);
    this.#sink(last);
  }

  clear(): void {
    for (const entry of this.#entries.splice(0)) entry.place = -1;
  }

  #put(entry: E, place: number): void {
    this.#entries[place] = entry;
    entry.place = place;
  }

  #rise(entry: E): void {
    while (entry.place > 0) {
      const { place } = entry;
      const above = (place - 1) >> 1;
      const parent = this.#entries[above];
      if (parent === undefined || parent.deadline <= entry.deadline) return;
      this.#put(parent, place);
      this.#put(entry, above);
    }
  }

  #sink(entry: E): void {
    for (;;) {
      const { place } = entry;
      const [left, right] = [this.#entries[2 * place + 1], this.#entries[2 * place + 2]];
      const child = right !== undefined && left !== undefined && right.deadline < left.deadline ? right : left;
      if (child === undefined || entry.deadline <= child.deadline) return;
      const below = child.place;
      this.#put(child, place);
      this.#put(entry, below);
    }
  }
}
