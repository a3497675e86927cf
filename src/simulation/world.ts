import type { RuntimeProvider } from "../core/ambient.js";
import { Generator } from "../core/generator.js";
import type { Runtime } from "../core/runtime.js";
import { TimerHeap, type TimerWorld, VirtualTimer } from "../core/virtual-timers.js";
import { DeadlockError, LivenessError, SimulationEscapeError } from "./errors.js";
import type { Host } from "./host.js";
import type { HostRuntime } from "./host-runtime.js";
import { Properties } from "./properties.js";
import { type Order, type ReadySet, createReadySet } from "./ready-set.js";
import { RealWork } from "./real-work.js";
import type { SimEvent } from "./sim-event.js";
import type { Trace } from "./trace.js";
import { formatMs } from "./trace.js";
import { Turns } from "./turns.js";
import { withWhoWaits } from "./who-waits.js";

/** How a world runs. */
export interface WorldOptions {
  readonly seed: number;
  readonly order: Order;
  /** When it ends; without it, with the test, and at the latest at `limitMs`. */
  readonly durationMs: number | undefined;
  readonly limitMs: number;
  readonly maxEvents: number;
  readonly failsOnReport: boolean;
  readonly trace: Trace;
}

/** What went wrong first. */
export interface Failure {
  /** Where; nothing where the error says it all. */
  readonly where: string | undefined;
  readonly error: unknown;
}

/** Whose timers a heap holds. */
export interface TimerOwner extends TimerWorld {
  /** The timer's instant has come. */
  due(timer: VirtualTimer): void;
}

/** The virtual world: one queue of events, one clock, and the hosts whose turns it gives. */
export class World implements RuntimeProvider {
  readonly options: WorldOptions;
  readonly generator: Generator;
  readonly ready: ReadySet;
  readonly timers: TimerHeap<TimerOwner> = new TimerHeap<TimerOwner>();
  readonly hosts: Map<string, Host> = new Map<string, Host>();
  readonly properties: Properties;
  readonly realWork: RealWork;
  readonly trace: Trace;
  time = 0;
  events = 0;
  /** Whose event runs. */
  active: HostRuntime | undefined = undefined;
  failure: Failure | undefined = undefined;
  /** Faults that go on. */
  readonly faults: Set<object> = new Set<object>();
  readonly #ground: TimerOwner;
  readonly #turns: Turns;
  #phase: "running" | "waiting for real work" | "over" = "running";
  #finish: (() => void) | undefined = undefined;

  constructor(options: WorldOptions) {
    this.options = options;
    this.trace = options.trace;
    this.generator = new Generator(options.seed);
    this.ready = createReadySet(options.order, this.generator.fork("schedule"));
    this.properties = new Properties(
      () => this.time,
      () => this.faults.size === 0,
    );
    this.realWork = new RealWork(this, () => {
      if (this.#phase !== "waiting for real work") return;
      this.#phase = "running";
      this.#turns.start();
    });
    this.#turns = new Turns({
      step: () => {
        this.#step();
      },
      rest: () => {
        this.active = undefined;
        return this.#phase === "running";
      },
    });
    this.#ground = {
      timers: this.timers,
      dueIn: (ms) => this.time + ms,
      due: (timer) => {
        timer.settle();
      },
    };
  }

  current(): Runtime {
    if (this.active === undefined) throw new SimulationEscapeError("currentRuntime()");
    return this.active;
  }

  /** Whether the test has returned. */
  get isTestDone(): boolean {
    return this.hosts.get("test")?.isDone === true;
  }

  /** Does something of the world itself, `ms` from now, belonging to no host: it is no event. */
  later(ms: number, label: string, act: () => void): void {
    new VirtualTimer<TimerOwner>(this.#ground, act, label).reset(ms);
  }

  /** Runs `work` as if no simulation were there. */
  escaped<T>(work: () => Promise<T>): Promise<T> {
    const { active } = this;
    this.active = undefined;
    try {
      return work();
    } catch (error) {
      return Promise.reject(error);
    } finally {
      this.active = active;
    }
  }

  /** Writes a line into the trace that is no event: a fault, a lost message. */
  note(host: string, label: string): void {
    this.trace.add(this.time, host, label);
  }

  /** A fault began or ended. */
  disturbed(): void {
    this.properties.disturbed();
  }

  /** Ends the run with this error, unless it has failed already. */
  fail(where: string | undefined, error: unknown): void {
    this.failure ??= { where, error };
  }

  /** Ends the run with this error between two events, whatever it waits for. */
  interrupt(error: unknown): void {
    this.fail(undefined, error);
    this.#end();
  }

  /** A failure that nobody awaits; unless it is dealt with, it may be one of the simulation. */
  reported(runtime: HostRuntime, error: unknown, task: string, isHandled: boolean): void {
    this.note(runtime.host, `${task} failed: ${error instanceof Error ? error.message : String(error)}`);
    if (this.options.failsOnReport && !isHandled)
      this.fail(`${task} of host "${runtime.host}" failed and nobody awaits it`, error);
  }

  /** Runs until it is over. */
  async run(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#finish = resolve;
      this.#turns.start();
    });
    this.trace.end();
    for (const host of this.hosts.values()) host.end();
  }

  /** One event, once every microtask of the one before has run. */
  #step(): void {
    this.active = undefined;
    if (this.#phase !== "running") return;
    this.#check();
    while (!this.#isOver()) {
      const event = this.ready.take();
      if (event === undefined) {
        if (!this.#advance()) return;
      } else if (this.#fire(event)) return;
    }
    this.#end();
  }

  #check(): void {
    try {
      this.properties.check();
    } catch (error) {
      this.fail(undefined, error);
    }
  }

  #isOver(): boolean {
    if (this.failure !== undefined || this.trace.divergence !== undefined) return true;
    if (this.events >= this.options.maxEvents) {
      const { maxEvents } = this.options;
      const at = `it stands at ${formatMs(this.time)} of virtual time`;
      this.fail(undefined, new LivenessError(`${maxEvents} events have run and no end is in sight; ${at}`));
      return true;
    }
    return this.options.durationMs === undefined && this.isTestDone && this.properties.isSatisfied;
  }

  #fire(event: SimEvent): boolean {
    const { runtime } = event;
    if (event.isVoid) return false;
    if (runtime.isPaused) {
      runtime.stalled.push(event);
      return false;
    }
    this.events += 1;
    this.trace.add(this.time, runtime.host, event.action.label);
    this.active = runtime;
    runtime.begin(event);
    try {
      event.action.settle();
    } catch (error) {
      this.fail(`${event.action.label} of host "${runtime.host}" failed`, error);
    }
    return true;
  }

  /** Nothing is ready: hands over real work, or lets time jump to the next timer. */
  #advance(): boolean {
    if (this.realWork.isInFlight) {
      this.#phase = "waiting for real work";
      return false;
    }
    if (this.realWork.deliver()) return true;
    const { durationMs, limitMs } = this.options;
    const limit = durationMs ?? limitMs;
    const next = this.timers.peek();
    const late = this.properties.nextDeadline();
    const instant = Math.min(next?.due ?? Number.POSITIVE_INFINITY, late);
    if (instant === Number.POSITIVE_INFINITY && !this.#isStuck()) this.time = Math.max(this.time, durationMs ?? 0);
    if (instant > limit) {
      if (instant < Number.POSITIVE_INFINITY) this.time = limit;
      this.#end(instant === Number.POSITIVE_INFINITY);
      return false;
    }
    this.time = Math.max(this.time, instant);
    for (let timer = this.timers.take(this.time); timer !== undefined; timer = this.timers.take(this.time)) {
      timer.world.due(timer);
    }
    this.#check();
    this.#judgeProperties(false);
    return true;
  }

  /** Whether nothing can happen and somebody waits who is no idle server. */
  #isStuck(): boolean {
    return !this.isTestDone || [...this.hosts.values()].some((host) => host.isStuck);
  }

  /** Ends the run; `isQuiet` when nothing can happen any more. */
  #end(isQuiet = false): void {
    if (this.#phase === "over") return;
    this.#phase = "over";
    if (this.failure === undefined && this.trace.divergence === undefined) this.#judge(isQuiet);
    this.active = undefined;
    this.#finish?.();
  }

  #judge(isQuiet: boolean): void {
    if (isQuiet && this.#isStuck()) {
      this.fail(undefined, new DeadlockError(withWhoWaits("nothing can happen any more", this)));
    } else if (!this.isTestDone) {
      const limit = formatMs(this.options.durationMs ?? this.options.limitMs);
      this.fail(undefined, new LivenessError(withWhoWaits(`the test has not returned within ${limit}`, this)));
    } else {
      this.#judgeProperties(true);
    }
  }

  #judgeProperties(isOver: boolean): void {
    const unmet = this.properties.unmet(isOver);
    if (unmet !== undefined) this.fail(undefined, new LivenessError(withWhoWaits(unmet, this)));
  }
}
