import { checkInteger, checkKnown, checkOneOf } from "../core/check.js";
import { Deque } from "../core/deque.js";
import type { Generator } from "../core/generator.js";
import type { Chain, SimEvent } from "./sim-event.js";

/** How PCT is tuned. */
export interface PctOrder {
  /** Says that it is PCT. */
  readonly kind: "pct";
  /** The least number of ordering constraints that make up the bug looked for. @defaultValue `3` */
  readonly depth?: number;
  /** About how many events a run has; priorities change at random points among them. @defaultValue `1_000` */
  readonly steps?: number;
}

/**
 * Which of the things that may happen now comes next: any (`random`), the one that was ready first (`fifo`), or the one
 * of highest priority (`pct`: random priorities that change at a few random points, after Burckhardt and others,
 * "A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs", 2010).
 */
export type Order = "random" | "fifo" | "pct" | PctOrder;

/** What may happen now, and which of it comes next. */
export interface ReadySet {
  push(event: SimEvent): void;
  take(): SimEvent | undefined;
  /**
   * The chain of a wait that was parked while an event of `parent` ran; `undefined` where the order has no use for it.
   */
  chain(parent: Chain | undefined): Chain | undefined;
}

export function createReadySet(order: Order, generator: Generator): ReadySet {
  if (typeof order === "object") return new PctSet(generator, order);
  checkOneOf("order", order, ["random", "fifo", "pct"]);
  switch (order) {
    case "random":
      return new RandomSet(generator);
    case "fifo":
      return new FifoSet();
    case "pct":
      return new PctSet(generator, { kind: "pct" });
  }
}

class FifoSet implements ReadySet {
  readonly #events = new Deque<SimEvent>();

  push(event: SimEvent): void {
    this.#events.push(event);
  }

  take(): SimEvent | undefined {
    return this.#events.shift();
  }

  chain(): undefined {
    return undefined;
  }
}

class RandomSet implements ReadySet {
  readonly #events: SimEvent[] = [];
  readonly #generator: Generator;

  constructor(generator: Generator) {
    this.#generator = generator;
  }

  push(event: SimEvent): void {
    this.#events.push(event);
  }

  take(): SimEvent | undefined {
    const events = this.#events;
    if (events.length <= 1) return events.pop();
    return takeAt(events, this.#generator.below(events.length));
  }

  chain(): undefined {
    return undefined;
  }
}

class PctSet implements ReadySet {
  readonly #events: SimEvent[] = [];
  readonly #generator: Generator;
  /** Where priorities change, as event numbers, soonest last. */
  readonly #changes: number[];
  #step = 0;
  #lowest = 0;

  constructor(generator: Generator, order: PctOrder) {
    checkKnown("order", order, { kind: true, depth: true, steps: true });
    checkOneOf("order.kind", order.kind, ["pct"]);
    const { depth = 3, steps = 1_000 } = order;
    checkInteger("order.depth", depth, 1);
    checkInteger("order.steps", steps, 1);
    this.#generator = generator;
    this.#changes = Array.from({ length: depth - 1 }, () => 1 + generator.below(steps)).sort((a, b) => b - a);
  }

  push(event: SimEvent): void {
    this.#events.push(event);
  }

  take(): SimEvent | undefined {
    const events = this.#events;
    if (events.length === 0) return undefined;
    this.#step += 1;
    let best = this.#highest();
    while (this.#changes.at(-1) === this.#step) {
      this.#changes.pop();
      this.#lowest -= 1;
      const chain = events[best]?.chain;
      if (chain !== undefined) chain.priority = this.#lowest;
      best = this.#highest();
    }
    return takeAt(events, best);
  }

  chain(parent: Chain | undefined): Chain {
    return parent ?? { priority: this.#generator.next() };
  }

  #highest(): number {
    let best = 0;
    for (let index = 1; index < this.#events.length; index += 1) {
      if (priorityOf(this.#events[index]) > priorityOf(this.#events[best])) best = index;
    }
    return best;
  }
}

/** What belongs to no chain comes first: it is the world, not a task. */
function priorityOf(event: SimEvent | undefined): number {
  return event?.chain?.priority ?? 1;
}

/** Takes one event out; the last one takes its place. */
function takeAt(events: SimEvent[], index: number): SimEvent | undefined {
  const last = events.pop();
  if (index === events.length) return last;
  const taken = events[index];
  if (last !== undefined) events[index] = last;
  return taken;
}
