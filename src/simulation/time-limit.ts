import { systemRuntime } from "../core/system-runtime.js";
import { LivenessError } from "./errors.js";

/** The real time that a series of simulations may take: once it is over, the one that runs fails, and says so. */
export class TimeLimit implements Disposable {
  readonly #ms: number;
  readonly #runs: number;
  readonly #over = new AbortController();
  readonly #timer: Disposable;
  #begun = 0;
  #seed = 0;

  constructor(ms: number, runs: number) {
    this.#ms = ms;
    this.#runs = runs;
    this.#timer = systemRuntime().timer(ms, () => {
      this.#over.abort(this.#error());
    });
  }

  /** Aborts when the time is over, for the reason that says which seed had its turn. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** A simulation is asked for. */
  begin(seed: number): void {
    this.#seed = seed;
    this.#begun += 1;
  }

  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
  }

  #error(): LivenessError {
    const done = Math.max(0, this.#begun - 1);
    return new LivenessError(
      `the ${this.#ms} ms of \`timeoutMs\` are over with seed ${this.#seed} running, after ${done} of ${this.#runs} runs: ` +
        "give it more real time, or less to do (`runs`, `duration`), or replay this seed to see whether it ends",
    );
  }
}
