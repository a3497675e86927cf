/**
 * A queue with priorities: first in, first out within each. There are few distinct priorities, so a lane each beats a
 * heap, and a `Set` gives removal from the middle in constant time.
 *
 * @internal
 */
export class ReadyLanes<T> {
  length = 0;
  readonly #lanes = new Map<number, Set<T>>();
  #order: readonly number[] = [];

  push(item: T, priority: number): void {
    let lane = this.#lanes.get(priority);
    if (lane === undefined) {
      lane = new Set();
      this.#lanes.set(priority, lane);
      this.#order = [...this.#lanes.keys()].sort((a, b) => b - a);
    }
    lane.add(item);
    this.length += 1;
  }

  shift(): T | undefined {
    for (const priority of this.#order) {
      const lane = this.#lanes.get(priority);
      if (lane === undefined || lane.size === 0) continue;
      for (const item of lane) {
        lane.delete(item);
        this.length -= 1;
        return item;
      }
    }
    return undefined;
  }

  remove(item: T, priority: number): void {
    if (this.#lanes.get(priority)?.delete(item) === true) this.length -= 1;
  }

  clear(): void {
    this.#lanes.clear();
    this.#order = [];
    this.length = 0;
  }
}
