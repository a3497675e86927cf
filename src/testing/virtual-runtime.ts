import type { FailureInfo, Runtime, TimerHandle, Wakeable } from "../core/runtime.js";
import { type Signals, createSignals } from "../core/signals.js";
import { sleepOn } from "../core/sleep.js";
import { YieldBudget } from "../core/yield-budget.js";
import { systemRuntime } from "../core/index.js";
import { type TimerWorld, TimerHeap, VirtualTimer, epoch } from "../core/virtual-timers.js";

/** A runtime whose clock moves only when it is told to. */
export class VirtualRuntime implements Runtime, TimerWorld {
  readonly host = "virtual";
  readonly signals: Signals;
  /** Failures that nobody awaited. */
  readonly failures: { readonly error: unknown; readonly task: string }[] = [];
  readonly timers: TimerHeap<TimerWorld> = new TimerHeap<TimerWorld>();
  /** Real work, and wakes put off to the next turn of the event loop: while there is any, the clock stands still. */
  inFlight = 0;
  onTimer: (() => void) | undefined = undefined;
  #now = 0;
  #wallOffset = 0;
  #ids = 0;
  #state: number;
  readonly #budget: YieldBudget;

  constructor(seed: number) {
    this.#state = seed >>> 0;
    this.#budget = new YieldBudget((release) => {
      void this.real(async () => {
        await systemRuntime().yieldNow();
        release();
      });
    });
    this.signals = createSignals((error) => {
      this.report(error, { task: "signal listener" });
    });
  }

  now(): number {
    return this.#now;
  }

  wallNow(): number {
    return epoch + this.#now + this.#wallOffset;
  }

  /** Sets the wall clock forward, or back; no timer notices. */
  shiftWallClock(ms: number): void {
    this.#wallOffset += ms;
  }

  dueIn(ms: number): number {
    return this.#now + ms;
  }

  /** Moves the clock; the timers due by then are the caller's to fire. */
  moveTo(instant: number): void {
    this.#now = Math.max(this.#now, instant);
  }

  /** Mulberry32 (Tommy Ettinger, public domain): 32 bits of state, enough for jitter. */
  random(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  id(prefix = "id"): string {
    this.#ids += 1;
    return `${prefix}_${this.#ids.toString(36).padStart(6, "0")}`;
  }

  timer(ms: number, fn: () => void, label = "timer"): TimerHandle {
    const guarded = (): void => {
      try {
        fn();
      } catch (error) {
        this.report(error, { task: label });
      }
    };
    const timer = new VirtualTimer(this, guarded, label);
    timer.reset(ms);
    return timer;
  }

  sleep(ms: number, options?: { readonly signal?: AbortSignal | undefined }): Promise<void> {
    return sleepOn(this, ms, options);
  }

  wake(waiter: Wakeable): void {
    this.#budget.wake(waiter);
  }

  ready<T>(value: T): Promise<T> {
    return this.#budget.ready(value);
  }

  hasBudget(): boolean {
    return this.#budget.hasBudget();
  }

  async real<T>(work: () => Promise<T>): Promise<T> {
    this.inFlight += 1;
    try {
      return await work();
    } finally {
      this.inFlight -= 1;
      this.onTimer?.();
    }
  }

  yieldNow(): Promise<void> {
    return systemRuntime().yieldNow();
  }

  report(error: unknown, { task = "task", handled = false }: FailureInfo): void {
    if (!handled) this.failures.push({ error, task });
    if (this.signals.hasListeners("task:failed")) this.signals.emit("task:failed", { task, error, host: this.host });
  }
}
