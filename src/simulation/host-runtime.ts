import type { Generator } from "../core/generator.js";
import type { FailureInfo, Runtime, TimerHandle, Wakeable } from "../core/runtime.js";
import { type Signals, createSignals } from "../core/signals.js";
import { sleepOn } from "../core/sleep.js";
import { type TimerHeap, VirtualTimer } from "../core/virtual-timers.js";
import { ForeignHostError, SimulationEscapeError } from "./errors.js";
import type { HostClock } from "./host-clock.js";
import { type Chain, SimEvent } from "./sim-event.js";
import type { TimerOwner, World } from "./world.js";

/** Ready operations one event may complete; more go on in an event of their own. The same number as in production. */
const perEvent = 256;

/** What a run of a host keeps from one to the next. */
export interface HostParts {
  readonly name: string;
  readonly clock: HostClock;
  readonly random: Generator;
  readonly ids: Generator;
}

/** The runtime of one run of one host, from its start to its crash. */
export class HostRuntime implements Runtime, TimerOwner {
  readonly host: string;
  readonly signals: Signals;
  readonly timers: TimerHeap<TimerOwner>;
  isAlive = true;
  /** Waits that have parked and were not woken, each with its chain. */
  readonly waiters: Map<Wakeable, Chain | undefined> = new Map<Wakeable, Chain | undefined>();
  /** What happened to it while it was paused. */
  stalled: SimEvent[] = [];
  isPaused = false;
  readonly #world: World;
  readonly #parts: HostParts;
  /** The chain of the event that runs, until a wait has taken it. */
  #chain: Chain | undefined = undefined;
  #left = perEvent;

  constructor(world: World, parts: HostParts) {
    this.host = parts.name;
    this.timers = world.timers;
    this.#world = world;
    this.#parts = parts;
    this.signals = createSignals((error) => {
      world.fail(`a signal listener of host "${parts.name}" failed`, error);
    });
  }

  now(): number {
    return this.#parts.clock.now();
  }

  wallNow(): number {
    return this.#parts.clock.wallNow();
  }

  random(): number {
    return this.#parts.random.next();
  }

  id(prefix?: string): string {
    const id = this.#parts.ids.uuid();
    return prefix === undefined ? id : `${prefix}_${id}`;
  }

  timer(ms: number, fn: () => void, label = "timer"): TimerHandle {
    this.#enter(label);
    const guarded = (): void => {
      try {
        fn();
      } catch (error) {
        this.report(error, { task: label });
      }
    };
    const timer = new VirtualTimer<HostRuntime>(this, guarded, label);
    timer.reset(ms);
    return timer;
  }

  /** Part of the clock that its timers are on: a dead host's are never due. */
  dueIn(ms: number): number {
    return this.isAlive ? this.#parts.clock.worldTimeIn(ms) : Number.POSITIVE_INFINITY;
  }

  sleep(ms: number, options?: { readonly signal?: AbortSignal | undefined }): Promise<void> {
    return sleepOn(this, ms, options);
  }

  readonly parked = (waiter: Wakeable): void => {
    this.#enter(waiter.label);
    const chain = this.#world.ready.chain(this.#chain);
    this.#chain = undefined;
    this.waiters.set(waiter, chain);
  };

  wake(waiter: Wakeable): void {
    if (!this.isAlive) return;
    // The test may abort a signal or push a message from outside; nobody else reaches into a host.
    const { active } = this.#world;
    if (active !== this && active?.host !== "test") this.#foreign(waiter.label);
    const chain = this.waiters.get(waiter);
    this.waiters.delete(waiter);
    this.#world.ready.push(new SimEvent(this, waiter, chain));
  }

  ready<T>(value: T): Promise<T> {
    if (!this.isAlive) return never();
    if (this.#world.active !== this) return Promise.reject(this.#foreign("a ready operation"));
    if (this.#left > 0) {
      this.#left -= 1;
      return Promise.resolve(value);
    }
    return new Promise((resolve) => {
      this.enqueue("yield", () => {
        resolve(value);
      });
    });
  }

  hasBudget(): boolean {
    return this.#left > 0;
  }

  real<T>(work: () => Promise<T>): Promise<T> {
    if (!this.isAlive) return never();
    this.#enter("real");
    return this.#world.realWork.run(this, work);
  }

  yieldNow(): Promise<void> {
    if (!this.isAlive) return never();
    this.#enter("yield");
    return new Promise((resolve) => {
      this.enqueue("yield", resolve);
    });
  }

  report(error: unknown, { task = "task", handled = false }: FailureInfo): void {
    if (this.signals.hasListeners("task:failed")) this.signals.emit("task:failed", { task, error, host: this.host });
    else if (this.isAlive) this.#world.reported(this, error, task, handled);
  }

  /** Lets something happen here, when its turn comes. */
  enqueue(label: string, settle: () => void): void {
    if (this.isAlive) this.#world.ready.push(new SimEvent(this, { label, settle }, this.#world.ready.chain(undefined)));
  }

  /** A timer of this host is due. */
  due(timer: VirtualTimer): void {
    const action: Wakeable = {
      label: timer.label,
      settle: () => {
        timer.order = 0;
        timer.settle();
      },
    };
    this.#world.ready.push(new SimEvent(this, action, this.#world.ready.chain(undefined), timer));
  }

  /** An event of this host begins. */
  begin({ chain }: SimEvent): void {
    this.#chain = chain;
    this.#left = perEvent;
  }

  /** Refuses a use from outside this host's events. */
  #enter(what: string): void {
    if (this.isAlive && this.#world.active !== this) throw this.#foreign(what);
  }

  #foreign(what: string): Error {
    const { active } = this.#world;
    const error =
      active === undefined
        ? new SimulationEscapeError(`the runtime of host "${this.host}" (${what})`)
        : new ForeignHostError(what, this.host, active.host);
    this.#world.fail(undefined, error);
    return error;
  }
}

function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}
