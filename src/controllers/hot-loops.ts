import type { Logger, Runtime } from "../core/index.js";
import { hotLoops } from "./diagnostics.js";

/** More runs than this within the window, each of which woke its own key, are a hot loop: fifty a second, without end. */
const limit = 500;
const windowMs = 10_000;

/** A key that asks to be looked at again sooner than this wakes itself often enough to be one. */
export const atOnceMs: number = windowMs / limit;

interface Window {
  since: number;
  runs: number;
  isTold: boolean;
}

/**
 * Finds keys that keep waking themselves: by writing at each run, or by asking to be looked at again at once. Nothing
 * else is told by such a loop: every single run succeeds.
 *
 * @internal
 */
export class HotLoops {
  readonly #controller: string;
  readonly #runtime: Runtime;
  readonly #log: Logger;
  readonly #windows = new Map<string, Window>();

  constructor(controller: string, runtime: Runtime, log: Logger) {
    this.#controller = controller;
    this.#runtime = runtime;
    this.#log = log;
  }

  /** Counts a run that makes its key run again, by a write or by its result. */
  wokeItself(key: string): void {
    const now = this.#runtime.now();
    const window = this.#windows.get(key);
    if (window === undefined || now - window.since > windowMs) {
      this.#windows.set(key, { since: now, runs: 1, isTold: false });
      return;
    }
    window.runs += 1;
    if (window.runs <= limit || window.isTold) return;
    window.isTold = true;
    this.#log.warn({ key, runs: window.runs, windowMs }, "hot loop: each run wakes the key again");
    if (!hotLoops.hasSubscribers) return;
    hotLoops.publish(Object.freeze({ controller: this.#controller, key, runs: window.runs, windowMs }));
  }

  /** A run that does not make its key run again ends a loop. */
  cameToRest(key: string): void {
    if (this.#windows.size > 0) this.#windows.delete(key);
  }
}
