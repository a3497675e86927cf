import type { WorkItem } from "./work-item.js";

interface Entry {
  readonly item: WorkItem;
  readonly due: number;
}

/**
 * Items by the time they are due. An item that was moved or made ready meanwhile leaves its old entry behind, which is
 * dropped when it comes up.
 *
 * @internal
 */
export class DelayHeap {
  readonly #heap: Entry[] = [];

  push(item: WorkItem): void {
    const heap = this.#heap;
    const entry = { item, due: item.due };
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || above.due <= entry.due) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
  }

  /** When the next item is due. */
  nextDue(): number | undefined {
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      if (top.item.state === "delayed" && top.item.due === top.due) return top.due;
      this.#pop();
    }
    return undefined;
  }

  /** Takes an item that is due by `now`. */
  take(now: number): WorkItem | undefined {
    const due = this.nextDue();
    if (due === undefined || due > now) return undefined;
    const item = this.#heap[0]?.item;
    this.#pop();
    return item;
  }

  clear(): void {
    this.#heap.length = 0;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      const [left, right] = [heap[child], heap[child + 1]];
      if (left === undefined) break;
      if (right !== undefined && right.due < left.due) child += 1;
      const next = heap[child];
      if (next === undefined || last.due <= next.due) break;
      heap[index] = next;
      index = child;
    }
    heap[index] = last;
  }
}
