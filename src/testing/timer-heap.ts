import type { TimerHandle } from "../core/runtime.js";

/** What a virtual timer needs of its world. */
interface World {
  readonly timers: TimerHeap;
  readonly onTimer: (() => void) | undefined;
  now(): number;
}

/** A timer on a virtual clock. */
export class VirtualTimer implements TimerHandle {
  readonly label: string;
  readonly fire: () => void;
  due: number = Number.POSITIVE_INFINITY;
  /** Order among timers due at the same instant. */
  order = 0;
  /** Whether anybody waits for it; a clock that runs until idle does not run for the others. */
  keepsAlive = true;
  readonly #world: World;

  constructor(world: World, fire: () => void, label: string) {
    this.#world = world;
    this.fire = fire;
    this.label = label;
  }

  reset(ms: number): void {
    this.#world.timers.delete(this);
    this.due = this.#world.now() + Math.max(0, ms);
    if (ms === Number.POSITIVE_INFINITY) return;
    this.#world.timers.add(this);
    this.#world.onTimer?.();
  }

  ref(): void {
    this.keepsAlive = true;
    this.#world.onTimer?.();
  }

  unref(): void {
    this.keepsAlive = false;
  }

  [Symbol.dispose](): void {
    this.#world.timers.delete(this);
  }
}

/** Timers by due time, then by the order in which they were set: a binary heap, deleted from lazily. */
export class TimerHeap {
  readonly #heap: { readonly timer: VirtualTimer; readonly due: number; readonly order: number }[] = [];
  readonly #live = new Map<VirtualTimer, number>();
  #orders = 0;

  add(timer: VirtualTimer): void {
    this.#orders += 1;
    timer.order = this.#orders;
    this.#live.set(timer, timer.order);
    this.#push({ timer, due: timer.due, order: timer.order });
  }

  delete(timer: VirtualTimer): void {
    this.#live.delete(timer);
  }

  /** The timer due first. */
  peek(): VirtualTimer | undefined {
    for (;;) {
      const top = this.#heap[0];
      if (top === undefined || this.#live.get(top.timer) === top.order) return top?.timer;
      this.#pop();
    }
  }

  /** Takes the timer due first, if it is due by `instant`. */
  take(instant: number): VirtualTimer | undefined {
    const timer = this.peek();
    if (timer === undefined || timer.due > instant) return undefined;
    this.#pop();
    this.#live.delete(timer);
    return timer;
  }

  /** Timers that somebody waits for. */
  waitedFor(): readonly VirtualTimer[] {
    return [...this.#live.keys()].filter((timer) => timer.keepsAlive);
  }

  #push(entry: { readonly timer: VirtualTimer; readonly due: number; readonly order: number }): void {
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
      const [left, right] = [heap[child], heap[child + 1]];
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

function before(
  a: { readonly due: number; readonly order: number },
  b: { readonly due: number; readonly order: number },
): boolean {
  return a.due < b.due || (a.due === b.due && a.order < b.order);
}
