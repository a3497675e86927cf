import { type Host, captured, immediate } from "./host.js";
import type { FailureInfo, Runtime, TimerHandle } from "./runtime.js";
import { type Signals, createSignals } from "./signals.js";
import { sleepOn } from "./sleep.js";
import { SystemTimer } from "./system-timer.js";
import { YieldBudget } from "./yield-budget.js";

/** How {@link systemRuntime} is made. */
export interface SystemRuntimeOptions {
  /**
   * Where clocks and timers are looked up at each call; pass `globalThis` to be subject to fake timers.
   *
   * @defaultValue the host's functions as they were when keelson was imported
   */
  readonly timers?: Host;
}

class SystemRuntime extends YieldBudget implements Runtime {
  readonly host = "local";
  readonly signals: Signals;
  readonly #host: Host;

  constructor(host: Host) {
    super((fn) => {
      immediate(host, fn);
    });
    this.#host = host;
    this.signals = createSignals((error) => {
      printFailure(error, "signal listener"); // not `report`: it would call the listener that has just failed
    });
  }

  now(): number {
    return this.#host.performance.now();
  }

  wallNow(): number {
    return this.#host.Date.now();
  }

  random(): number {
    return Math.random();
  }

  id(prefix?: string): string {
    const id = crypto.randomUUID();
    return prefix === undefined ? id : `${prefix}_${id}`;
  }

  timer(ms: number, fn: () => void, label = "timer"): TimerHandle {
    return new SystemTimer(this.#host, ms, () => {
      try {
        fn();
      } catch (error) {
        this.report(error, { task: label });
      }
    });
  }

  sleep(ms: number, options?: { readonly signal?: AbortSignal | undefined }): Promise<void> {
    return sleepOn(this, ms, options);
  }

  real<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }

  yieldNow(): Promise<void> {
    return new Promise((resolve) => {
      immediate(this.#host, resolve);
    });
  }

  report(error: unknown, { task = "task" }: FailureInfo): void {
    if (this.signals.hasListeners("task:failed")) this.signals.emit("task:failed", { task, error, host: this.host });
    else printFailure(error, task);
  }
}

/** Prints an error with all that is beneath it, a line each: no stack and no other property, so nothing secret. */
function printFailure(error: unknown, task: string): void {
  const chain = new Set([error]);
  for (const each of chain) {
    const { errors, cause } = Object(each) as { readonly errors?: unknown; readonly cause?: unknown };
    for (const next of [errors, cause].flat()) if (next !== undefined) chain.add(next);
  }
  console.error(`keelson: ${task} failed: ${Array.from(chain, String).join("\n  ")}`);
}

const shared: Runtime = /* @__PURE__ */ new SystemRuntime(/* @__PURE__ */ captured(globalThis));

/**
 * The runtime of production: the host's clocks, timers and randomness.
 *
 * @remarks
 * Without options it is one and the same for the whole process. It takes the host's functions when keelson is
 * imported, so that fake timers installed by a test do not stop it by accident; pass `{ timers: globalThis }` for one
 * that obeys them. A failure that nobody awaits is emitted as the signal `task:failed`, or printed to standard error
 * where nobody listens to that.
 *
 * @example
 * ```ts
 * import { systemRuntime } from "keelson/core";
 *
 * const runtime = systemRuntime();
 * runtime.host // => "local"
 * const before = runtime.now();
 * await runtime.sleep(2);
 * runtime.now() - before >= 2 // => true
 * ```
 */
export function systemRuntime({ timers }: SystemRuntimeOptions = {}): Runtime {
  return timers === undefined ? shared : new SystemRuntime(timers);
}
