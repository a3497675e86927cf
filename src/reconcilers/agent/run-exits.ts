import { type Deferred, deferred } from "../../core/deferred.js";
import type { Runtime } from "../../core/index.js";
import { type RunExit, type RunId, type WorkloadRuntime, runKey } from "./workload-runtime.js";

/**
 * Waits for the ends of runs: hears them as events, and asks for those it may have missed.
 *
 * @internal
 */
export class RunExits {
  readonly #workloads: WorkloadRuntime;
  readonly #runtime: Runtime;
  readonly #waiting = new Map<string, Deferred<RunExit>>();

  constructor(workloads: WorkloadRuntime, runtime: Runtime) {
    this.#workloads = workloads;
    this.#runtime = runtime;
  }

  /** Listens until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    for await (const event of this.#workloads.events({ signal })) this.#settle(event, event.exit);
  }

  /** Resolves once a run has ended, even if that was before. */
  async of(run: RunId): Promise<RunExit> {
    const waiting = this.#waiting.get(runKey(run)) ?? deferred<RunExit>();
    this.#waiting.set(runKey(run), waiting);
    await this.check(run);
    return await waiting.promise;
  }

  /** Asks whether a run that is waited for has ended. */
  async check(run: RunId): Promise<void> {
    const status = await this.#runtime.real(() => this.#workloads.status(run));
    if (status.state === "exited") this.#settle(run, status.exit);
    else if (status.state === "unknown")
      this.#settle(run, { reason: "Lost", message: "its runtime knows nothing of it" });
  }

  #settle(run: RunId, exit: RunExit): void {
    this.#waiting.get(runKey(run))?.resolve(exit);
    this.#waiting.delete(runKey(run));
  }
}
