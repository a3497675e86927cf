import type { WorkItem } from "./work-item.js";

/**
 * Items by the time they are due: a binary heap from whose middle an item can be taken, so that a key that is woken
 * again and again before its resync is due leaves nothing behind.
 *
 * @internal
 */
export class DelayHeap {
  readonly #items: WorkItem[] = [];

  get length(): number {
    return this.#items.length;
  }

  /** When the next item is due. */
  get nextDue(): number | undefined {
    return this.#items[0]?.due;
  }

  push(item: WorkItem): void {
    item.place = this.#items.push(item) - 1;
    this.#rise(item);
  }

  /** Takes an item that is due by `now`. */
  take(now: number): WorkItem | undefined {
    const first = this.#items[0];
    if (first === undefined || first.due > now) return undefined;
    this.remove(first);
    return first;
  }

  /** Takes an item out, wherever it stands. */
  remove(item: WorkItem): void {
    const { place } = item;
    const last = this.#items.pop();
    item.place = -1;
    if (last === undefined || last === item) return;
    this.#put(last, place);
    this.#rise(last);
    this.#sink(last);
  }

  /** Moves an item that is due sooner than it was. */
  hasten(item: WorkItem, due: number): void {
    item.due = due;
    this.#rise(item);
  }

  clear(): void {
    this.#items.length = 0;
  }

  #put(item: WorkItem, place: number): void {
    this.#items[place] = item;
    item.place = place;
  }

  #rise(item: WorkItem): void {
    while (item.place > 0) {
      const { place } = item;
      const parent = this.#items[(place - 1) >> 1];
      if (parent === undefined || parent.due <= item.due) return;
      this.#put(item, parent.place);
      this.#put(parent, place);
    }
  }

  #sink(item: WorkItem): void {
    for (;;) {
      const { place } = item;
      const [left, right] = [this.#items[2 * place + 1], this.#items[2 * place + 2]];
      const child = right !== undefined && left !== undefined && right.due < left.due ? right : left;
      if (child === undefined || item.due <= child.due) return;
      this.#put(item, child.place);
      this.#put(child, place);
    }
  }
}
