import { onAbort } from "../core/abort-hub.js";
import { type Deferred, deferred } from "../core/deferred.js";
import type { Emitter, Logger, Runtime } from "../core/index.js";
import { LinkedSignal } from "../core/linked-signal.js";
import { isAbortOf } from "../core/operation.js";
import type { ResourceClient } from "../resources/index.js";
import type { StateStore } from "../store/index.js";
import { timeout } from "../time/index.js";
import type { CacheBounds } from "./cache-bounds.js";
import { ControllerLoop } from "./controller-loop.js";
import type { Controller } from "./controller.js";
import { NotLeaderError } from "./errors.js";
import { EventLeases } from "./event-leases.js";
import { EventRecorder } from "./event-recorder.js";
import { FailureReports } from "./failure-reports.js";
import type { LeaderElection, LeaderTerm, ManagerEvents, Runnable } from "./manager.js";
import type { RelistingStore } from "./relisting-store.js";
import { ResourceCache } from "./resource-cache.js";
import { Stage } from "./stage.js";

/** What a manager runs, checked and with defaults. */
export interface ManagerParts {
  readonly store: StateStore;
  readonly client: ResourceClient;
  /** What fills the caches; `relist` where the store does not tell them how far they are. */
  readonly cached: { readonly client: ResourceClient; readonly relist: RelistingStore["relist"] | undefined };
  readonly controllers: readonly Controller[];
  readonly runnables: readonly Runnable[];
  readonly bounds: readonly CacheBounds[];
  readonly leaderElection: LeaderElection | undefined;
  readonly graceMs: number;
  readonly runtime: Runtime;
  readonly log: Logger;
  /** Whether failures go to the runtime's `report`, as there is nothing to log them to. */
  readonly reports: boolean;
  readonly events: Emitter<ManagerEvents>;
}

/**
 * One run of a manager, from the start of its servers to its resignation.
 *
 * @internal
 */
export class ManagerRun {
  readonly loops: readonly ControllerLoop[];
  readonly caches: readonly ResourceCache[];
  leads = false;
  hasEnded = false;
  readonly #parts: ManagerParts;
  readonly #serving = new Stage();
  readonly #watching = new Stage();
  readonly #everywhere = new Stage();
  readonly #leading = new Stage();
  /** Set once it is to stop: what has not begun by then need not. */
  readonly #stopping = new LinkedSignal();
  readonly #failure: Deferred<never> = deferred();
  /** Resolves when everything has ended that only a leader may do. */
  readonly #released: Deferred<undefined> = deferred();
  #term: LeaderTerm | undefined = undefined;

  constructor(parts: ManagerParts) {
    const { runtime, bounds, client, store, log, reports, controllers } = parts;
    this.#parts = parts;
    this.#failure.promise.catch(() => undefined);
    this.caches = bounds.map((each) => new ResourceCache(each, runtime));
    const leases = new EventLeases(store, runtime);
    const fenced = client.with({ fence: () => this.#term?.fence() ?? [] });
    const clients = { leader: fenced, everywhere: client };
    const caches = new Map(this.caches.map((cache) => [cache.kind.name, cache]));
    this.loops = controllers.map((controller) => {
      const own = clients[controller.options.runs];
      const { signal: stop } = this.#stageOf(controller.options.runs);
      return new ControllerLoop(controller, {
        ...{ runtime, caches, client: own, hasProgress: store.capabilities.progress },
        recorder: new EventRecorder(own, leases, runtime, log),
        stop,
        fenced: (cause) => {
          this.#failure.reject(new NotLeaderError(undefined, { cause }));
        },
        log: log.child({ controller: controller.name }),
        reports: reports ? new FailureReports(runtime, controller.name, stop) : undefined,
      });
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    const { runtime, graceMs, events } = this.#parts;
    // Its own timers and watches are no reason for the process to stay; that it runs is.
    using _alive = runtime.timer(Number.POSITIVE_INFINITY, () => undefined, "manager");
    using campaigning = new LinkedSignal();
    let grace = graceMs;
    const started = this.#start(campaigning.signal);
    try {
      await Promise.race([this.#failure.promise, aborted(signal)]);
    } catch (error) {
      // Somebody else leads: whatever still runs here must not.
      if (error instanceof NotLeaderError) grace = 0;
      throw error;
    } finally {
      const reason: unknown = signal.aborted ? signal.reason : new Error("the manager stops");
      this.#stopping.abort(reason);
      await this.#stop(reason, grace);
      if (!this.leads) campaigning.abort(reason);
      this.#released.resolve(undefined);
      await this.#within(started, grace);
      this.leads = false;
      this.hasEnded = true;
      events.emit("stopped");
    }
  }

  /** Starts everything, and resolves once it is no candidate any more. */
  async #start(campaigning: AbortSignal): Promise<void> {
    const { cached, events, leaderElection } = this.#parts;
    this.#startRunnables("server", this.#serving);
    for (const cache of this.caches) {
      const { signal } = this.#watching;
      this.#watching.add(this.#supervise(cache.run(cached.client, signal), signal));
    }
    if (!(await this.#reached(0))) return;
    this.#startAll("everywhere", this.#everywhere);
    const warm = this.#warmUp();
    events.emit("started");
    if (leaderElection === undefined) {
      await this.#lead(warm);
      return;
    }
    const work = async (term: LeaderTerm): Promise<void> => {
      this.#takeOver(term);
      await this.#lead(warm);
      await this.#released.promise;
    };
    await this.#supervise(leaderElection.run(work, { signal: campaigning }), campaigning);
  }

  /** From now on writes are those of a term, and its end is ours. */
  #takeOver(term: LeaderTerm): void {
    this.#term = term;
    const lost = (reason: unknown): void => {
      if (this.#stopping.isAborted) return;
      this.leads = false;
      this.#stopping.abort(reason);
      this.#leading.abort(reason);
      this.#failure.reject(new NotLeaderError(undefined, { cause: reason }));
    };
    if (term.signal.aborted) lost(term.signal.reason);
    else onAbort(term.signal, { aborted: lost });
  }

  /** Starts what runs on the leader, once the caches have seen all that was written before it led. */
  async #lead(warm: Promise<boolean>): Promise<void> {
    const { events } = this.#parts;
    if (this.#term !== undefined && !(await this.#caughtUpWith(this.#term))) return;
    if (!(await warm) || this.#stopping.isAborted) return;
    this.leads = true;
    this.#startAll("leader", this.#leading);
    events.emit("leading");
  }

  async #caughtUpWith(term: LeaderTerm): Promise<boolean> {
    const { store, cached } = this.#parts;
    const [own] = term.fence();
    try {
      const { signal } = this.#stopping;
      // Read after the election: everything that earlier leaders wrote is at or before this revision.
      const { revision } = await store.get(own?.key ?? "/", { signal });
      cached.relist?.(revision);
      return await this.#reached(revision);
    } catch (error) {
      if (!this.#stopping.isAborted) this.#failure.reject(error);
      return false;
    }
  }

  /** Whether the caches have come so far before it is to stop. */
  async #reached(revision: number): Promise<boolean> {
    const { signal } = this.#stopping;
    try {
      await Promise.all(this.caches.map((cache) => cache.reached(revision, { signal })));
      return true;
    } catch {
      return false;
    }
  }

  async #warmUp(): Promise<boolean> {
    const { signal } = this.#leading;
    const warm = async (runnable: Runnable): Promise<void> => runnable.warmUp?.(signal);
    let isWarm = true;
    const each = this.#parts.runnables.map(async (runnable) => {
      await this.#supervise(warm(runnable), signal, () => (isWarm = false));
    });
    this.#everywhere.add(Promise.all(each).then(() => undefined));
    await Promise.all(each);
    return isWarm;
  }

  #startAll(runs: "leader" | "everywhere", stage: Stage): void {
    for (const loop of this.#loopsOf(runs)) loop.start();
    this.#startRunnables(runs, stage);
  }

  #startRunnables(runs: NonNullable<Runnable["runs"]>, stage: Stage): void {
    // Async, so that one that throws rejects.
    const run = async (runnable: Runnable): Promise<void> => runnable.run(stage.signal);
    for (const runnable of this.#parts.runnables) {
      if ((runnable.runs ?? "leader") === runs) stage.add(this.#supervise(run(runnable), stage.signal));
    }
  }

  #stageOf(runs: "leader" | "everywhere"): Stage {
    return runs === "leader" ? this.#leading : this.#everywhere;
  }

  #loopsOf(runs: "leader" | "everywhere"): readonly ControllerLoop[] {
    return this.loops.filter(({ controller }) => controller.options.runs === runs);
  }

  /** Resolves once `work` has ended; what it failed with fails the manager, unless it is ending anyway. */
  async #supervise(work: Promise<void>, ending: AbortSignal, failed?: () => void): Promise<void> {
    try {
      await work;
    } catch (error) {
      failed?.();
      if (!ending.aborted) this.#failure.reject(error);
      else if (!isAbortOf(error, ending.reason))
        this.#parts.log.error({ err: error }, "failed while the manager stopped");
    }
  }

  /** Ends one stage after the other; what has not ended within the grace is left behind. */
  async #stop(reason: unknown, graceMs: number): Promise<void> {
    const { runtime } = this.#parts;
    const deadline = runtime.now() + graceMs;
    // None of them takes anything new from now on; they are told to end one stage after the other.
    const drained = new Map(this.loops.map((loop) => [loop, loop.drain()]));
    for (const runs of ["everywhere", "leader"] as const) {
      const ended = [this.#stageOf(runs).end(reason), ...this.#loopsOf(runs).map(async (loop) => drained.get(loop))];
      await this.#within(Promise.all(ended), deadline - runtime.now());
    }
    await this.#watching.end(reason);
    await this.#within(this.#serving.end(reason), deadline - runtime.now());
  }

  async #within(work: Promise<unknown>, ms: number): Promise<void> {
    const { runtime, log } = this.#parts;
    try {
      await timeout(Math.max(0, ms), () => work, { runtime });
    } catch (error) {
      log.error({ err: error }, "something is still running; leaving it behind");
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else
      onAbort(signal, {
        aborted: () => {
          resolve();
        },
      });
  });
}
