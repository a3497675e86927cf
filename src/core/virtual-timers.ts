import type { TimerHandle } from "./runtime.js";

/** Where virtual wall clocks start: a round date, so that dates in expectations are easy to read. */
export const epoch: number = Date.UTC(2030, 0, 1);

/** What a virtual timer needs of the clock it is on. */
export interface TimerWorld {
  readonly timers: TimerHeap<TimerWorld>;
  /** The instant, on the heap's clock, at which a timer of `ms` is due; `Infinity` for never. */
  dueIn(ms: number): number;
  /** Told whenever a timer is set, or begins to keep the world alive. */
  readonly onTimer?: (() => void) | undefined;
}

/**
 * A timer on a virtual clock.
 *
 * @internal
 */
export class VirtualTimer<W extends TimerWorld = TimerWorld> implements TimerHandle {
  readonly world: W;
  readonly label: string;
  /** What it does when it is due. */
  readonly settle: () => void;
  due: number = Number.POSITIVE_INFINITY;
  /** Order among timers due at the same instant; 0 while it is not set. */
  order = 0;
  /** Whether anybody waits for it; a clock that runs until idle does not run for the others. */
  keepsAlive = true;

  constructor(world: W, settle: () => void, label: string) {
    this.world = world;
    this.settle = settle;
    this.label = label;
  }

  get isSet(): boolean {
    return this.order !== 0;
  }

  reset(ms: number): void {
    const { world } = this;
    this.due = world.dueIn(Math.max(0, ms));
    this.order = 0;
    if (this.due === Number.POSITIVE_INFINITY) return;
    world.timers.add(this);
    world.onTimer?.();
  }

  ref(): void {
    this.keepsAlive = true;
    this.world.onTimer?.();
  }

  unref(): void {
    this.keepsAlive = false;
  }

  [Symbol.dispose](): void {
    this.order = 0;
  }
}

interface Entry<T> {
  readonly timer: T;
  readonly due: number;
  readonly order: number;
}

/**
 * Timers by due time, then by the order in which they were set: a binary heap, deleted from lazily.
 *
 * @internal
 */
export class TimerHeap<W extends TimerWorld> {
  readonly #heap: Entry<VirtualTimer<W>>[] = [];
  #orders = 0;

  add(timer: VirtualTimer<W>): void {
    this.#orders += 1;
    timer.order = this.#orders;
    this.#push({ timer, due: timer.due, order: timer.order });
  }

  /** The timer due first. */
  peek(): VirtualTimer<W> | undefined {
    for (;;) {
      const top = this.#heap[0];
      if (top === undefined || top.timer.order === top.order) return top?.timer;
      this.#pop();
    }
  }

  /** Takes the timer due first, if it is due by `instant`; it stays `isSet` until the caller fires it. */
  take(instant: number): VirtualTimer<W> | undefined {
    const timer = this.peek();
    if (timer === undefined || timer.due > instant) return undefined;
    this.#pop();
    return timer;
  }

  /** Every timer that is set, in no order. */
  all(): readonly VirtualTimer<W>[] {
    return this.#heap.filter(({ timer, order }) => timer.order === order).map(({ timer }) => timer);
  }

  /** Those that somebody waits for. */
  waitedFor(): readonly VirtualTimer<W>[] {
    return this.all().filter(({ keepsAlive }) => keepsAlive);
  }

  #push(entry: Entry<VirtualTimer<W>>): void {
    const heap = this.#heap;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || before(above, entry)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      const left = heap[child];
      const right = heap[child + 1];
      if (left === undefined) break;
      if (right !== undefined && before(right, left)) child += 1;
      const next = heap[child];
      if (next === undefined || before(last, next)) break;
      heap[index] = next;
      index = child;
    }
    heap[index] = last;
  }
}

function before(a: Entry<unknown>, b: Entry<unknown>): boolean {
  return a.due < b.due || (a.due === b.due && a.order < b.order);
}
