import { List } from "../core/list.js";
import type { Runtime, TimerHandle } from "../core/index.js";
import type { RunContext } from "./run-context.js";

/**
 * The deadlines of the runs under way. All are the same time after their start, so the first to begin is the first to
 * expire, and one timer does for all: a timer per run costs more than the run.
 *
 * @internal
 */
export class RunDeadlines {
  readonly #runtime: Runtime;
  readonly #timeoutMs: number;
  readonly #expire: (run: RunContext) => void;
  readonly #running = new List<RunContext>();
  #timer: TimerHandle | undefined = undefined;
  #isArmed = false;

  constructor(runtime: Runtime, timeoutMs: number, expire: (run: RunContext) => void) {
    this.#runtime = runtime;
    this.#timeoutMs = timeoutMs;
    this.#expire = expire;
  }

  /** Watches a run from now on. */
  start(run: RunContext): void {
    const { since } = run.item;
    run.deadline = (since === -1 ? this.#runtime.now() : since) + this.#timeoutMs;
    this.#running.push(run);
    if (!this.#isArmed) this.#arm(this.#timeoutMs);
  }

  /** Lets go of the timer. */
  close(): void {
    this.#timer?.[Symbol.dispose]();
  }

  #arm(ms: number): void {
    this.#isArmed = true;
    if (this.#timer === undefined) {
      const fire = (): void => {
        this.#fire();
      };
      this.#timer = this.#runtime.timer(ms, fire, "reconcile timeout");
      this.#timer.unref(); // the manager's own timer keeps the process
    } else this.#timer.reset(ms);
  }

  #fire(): void {
    this.#isArmed = false;
    const now = this.#runtime.now();
    for (let run = this.#running.first; run !== undefined; run = this.#running.first) {
      if (run.deadline > now) {
        this.#arm(run.deadline - now);
        return;
      }
      run.unlink();
      this.#expire(run);
    }
  }
}
