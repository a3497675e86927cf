import { currentRuntime } from "../core/ambient.js";
import { checkFunction, checkInteger } from "../core/check.js";
import { type Duration, toMs } from "../core/duration.js";
import { Emitter, type Events } from "../core/emitter.js";
import type { Runtime } from "../core/runtime.js";
import { type Backoff, constant } from "./backoff.js";
import { ask } from "./ask.js";
import { type Attempt, Call, type CallOptions } from "./call.js";
import { circuitChanged } from "./diagnostics.js";
import { CircuitOpenError } from "./errors.js";
import type { Policy } from "./policy.js";
import { start } from "./race.js";
import { type Trip, type TripCounter, tripCounter } from "./trip.js";

/** What a circuit does with calls. */
export type CircuitState =
  | { readonly kind: "closed" }
  | {
      readonly kind: "open";
      /** When it will let trial calls through, on the runtime's monotonic clock. */
      readonly until: number;
      /** The failure that opened it. */
      readonly error: unknown;
    }
  | { readonly kind: "halfOpen" }
  | { readonly kind: "isolated" };

/** What a breaker tells its owner. */
export interface CircuitEvents {
  /** It opened: with the failure, and for how many milliseconds. */
  readonly opened: readonly [event: { readonly error: unknown; readonly retryAfterMs: number }];
  /** It lets trial calls through. */
  readonly halfOpened: readonly [];
  /** It lets every call through again. */
  readonly closed: readonly [];
}

/** When {@link circuitBreaker} opens and closes. */
export interface CircuitBreakerOptions {
  /** When it opens. @defaultValue after 5 failures in a row */
  readonly trip?: Trip;
  /** How long it stays open; a backoff counts how often it opened without closing. @defaultValue `"10s"` */
  readonly openFor?: Duration | Backoff;
  /**
   * How many trial calls it lets through when that time is over; it closes when all of them succeed. @defaultValue `1`
   */
  readonly trials?: number;
  /**
   * Tells failures of the other side from errors that it gives while well, such as "not found". @defaultValue every
   * error
   */
  readonly isFailure?: (error: unknown) => boolean;
  /** Clock. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/** A {@link Policy} that stops calling what does not work. */
export interface CircuitBreaker extends Policy {
  /** What it does with calls now. */
  readonly state: CircuitState;
  /** Changes of its state. */
  readonly events: Events<CircuitEvents>;
  /** Holds it open until what it returns is disposed; it is closed then. */
  isolate(): Disposable;
}

/**
 * Makes a breaker: after too many failures it refuses calls at once, and tries a few again later.
 *
 * @remarks
 * Share one among the callers of one dependency. A call that its caller gave up counts neither way. The states are
 * those of Nygard's "Release It!": closed, open, half-open.
 * @throws CircuitOpenError from `execute`, while it is open.
 *
 * @example
 * ```ts
 * import { circuitBreaker } from "keelson/resilience";
 *
 * const breaker = circuitBreaker({ trip: { kind: "consecutive", failures: 2 }, openFor: "30s" });
 * const down = () => Promise.reject(new Error("down"));
 * for (let call = 0; call < 2; call += 1) await breaker.execute(down).catch(() => undefined);
 * breaker.state.kind // => "open"
 * ```
 */
export function circuitBreaker(options: CircuitBreakerOptions = {}): CircuitBreaker {
  return new Breaker(options);
}

class Breaker implements CircuitBreaker {
  readonly name = "circuitBreaker";
  readonly events: Emitter<CircuitEvents> = new Emitter<CircuitEvents>();
  readonly #runtime: Runtime;
  readonly #counter: TripCounter;
  readonly #openFor: Backoff;
  readonly #trials: number;
  readonly #isFailure: ((error: unknown) => boolean) | undefined;
  #state: CircuitState = { kind: "closed" };
  /** Grows with each change of state, so that what began before a change does not count after it. */
  #era = 0;
  #trialsLeft = 0;
  #trialsGood = 0;
  #openings = 0;
  #lastOpenFor = 0;

  constructor(options: CircuitBreakerOptions) {
    const { trip = { kind: "consecutive", failures: 5 }, openFor = "10s", trials = 1, isFailure } = options;
    this.#runtime = options.runtime ?? currentRuntime();
    this.#counter = tripCounter(this.#runtime, trip);
    this.#openFor = typeof openFor === "function" ? openFor : constant(toMs(openFor, "openFor"));
    checkInteger("trials", trials, 1);
    if (isFailure !== undefined) checkFunction("isFailure", isFailure);
    this.#trials = trials;
    this.#isFailure = isFailure;
  }

  get state(): CircuitState {
    if (this.#state.kind === "open" && this.#runtime.now() >= this.#state.until) this.#halfOpen();
    return this.#state;
  }

  async execute<T>(fn: Attempt<T>, options?: CallOptions): Promise<T> {
    checkFunction("fn", fn);
    const call = Call.of(options);
    call.throwIfAbandoned();
    const state = this.#state.kind === "closed" ? this.#state : this.state;
    if (state.kind !== "closed") return this.#try(state, fn, call);
    const era = this.#era;
    try {
      const value = await start(fn, call);
      if (era === this.#era) this.#counter.record(false);
      return value;
    } catch (error) {
      if (era === this.#era && call.abandoned === undefined) this.#failed(error);
      throw error;
    }
  }

  isolate(): Disposable {
    this.#change({ kind: "isolated" });
    const era = this.#era;
    return {
      [Symbol.dispose]: () => {
        if (this.#era === era) this.#close();
      },
    };
  }

  async #try<T>(state: CircuitState, fn: Attempt<T>, call: Call): Promise<T> {
    this.#admit(state);
    let era = this.#era;
    // A trial that will say nothing makes room for another at once: its function may never end.
    const aborted = (): void => {
      if (era === this.#era) this.#trialsLeft += 1;
      era = Number.NaN;
    };
    const place = call.isAbortable ? call.onAbort({ aborted }) : undefined;
    try {
      const value = await start(fn, call);
      if (era === this.#era) this.#trialSucceeded();
      return value;
    } catch (error) {
      if (era === this.#era && call.abandoned === undefined) this.#failed(error);
      throw error;
    } finally {
      place?.unlink();
    }
  }

  #admit(state: CircuitState): void {
    if (state.kind === "halfOpen" && this.#trialsLeft > 0) {
      this.#trialsLeft -= 1;
      return;
    }
    const retryAfterMs =
      state.kind === "open"
        ? state.until - this.#runtime.now()
        : state.kind === "isolated"
          ? Number.POSITIVE_INFINITY
          : 0;
    throw new CircuitOpenError({ retryAfterMs }, state.kind === "open" ? { cause: state.error } : undefined);
  }

  #succeeded(): void {
    if (this.#state.kind === "closed") this.#counter.record(false);
    else this.#trialSucceeded();
  }

  #trialSucceeded(): void {
    this.#trialsGood += 1;
    if (this.#trialsGood >= this.#trials) this.#close();
  }

  #failed(error: unknown): void {
    let isFailure = true;
    try {
      isFailure = ask(error, () => this.#isFailure?.(error) ?? true);
    } finally {
      // One that throws counts as a failure, or the circuit would stay half-open for ever.
      if (!isFailure) this.#succeeded();
      else if (this.#state.kind !== "closed" || this.#counter.record(true)) this.#open(error);
    }
  }

  #open(error: unknown): void {
    this.#openings += 1;
    const random = (): number => this.#runtime.random();
    let retryAfterMs = this.#lastOpenFor;
    try {
      const failed = { attempt: this.#openings, previous: retryAfterMs, error, random };
      retryAfterMs = ask(error, () => this.#openFor(failed));
    } finally {
      this.#lastOpenFor = retryAfterMs;
      this.#change({ kind: "open", until: this.#runtime.now() + retryAfterMs, error });
      this.events.emit("opened", { error, retryAfterMs });
    }
  }

  #halfOpen(): void {
    this.#trialsLeft = this.#trials;
    this.#trialsGood = 0;
    this.#change({ kind: "halfOpen" });
    this.events.emit("halfOpened");
  }

  #close(): void {
    this.#openings = 0;
    this.#lastOpenFor = 0;
    this.#counter.clear();
    this.#change({ kind: "closed" });
    this.events.emit("closed");
  }

  #change(state: CircuitState): void {
    if (circuitChanged.hasSubscribers) {
      circuitChanged.publish(Object.freeze({ from: this.#state.kind, to: state.kind }));
    }
    this.#state = state;
    this.#era += 1;
  }
}
