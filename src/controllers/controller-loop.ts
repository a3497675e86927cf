import { isAbortOf } from "../core/operation.js";
import { toMs } from "../core/index.js";
import { checkNumber } from "../core/check.js";
import type { Resource } from "../resources/index.js";
import { applyFinalizer } from "./apply-finalizer.js";
import { bindTriggers } from "./bind-triggers.js";
import type { Controller, ReconcileResult } from "./controller.js";
import { type ReconcileEvent, reconciled } from "./diagnostics.js";
import { ReconcileTimeoutError } from "./errors.js";
import { KeyRetries } from "./key-retries.js";
import { liveViews } from "./live-views.js";
import type { LoopParts } from "./loop-parts.js";
import type { ControllerCounts } from "./manager.js";
import type { ObjectView } from "./object-index.js";
import { parseKey } from "./object-key.js";
import type { ResourceCache } from "./resource-cache.js";
import { RunContext } from "./run-context.js";
import type { WorkItem } from "./work-item.js";
import { WorkQueue } from "./work-queue.js";
import { WriteTracker } from "./write-tracker.js";

/** How long a key waits for a cache to see its own writes before it is read live. */
const gateMs = 30_000;

/** A key whose turn has come, and where it reads: the kinds named in `live` from the store itself. */
interface Turn {
  readonly item: WorkItem;
  readonly live: readonly ResourceCache[];
}

/**
 * Runs one controller: queue in, reconciles out.
 *
 * @internal
 */
export class ControllerLoop {
  readonly controller: Controller;
  readonly queue: WorkQueue;
  readonly #parts: LoopParts;
  readonly #views: ReadonlyMap<string, ObjectView>;
  readonly #retries: KeyRetries;
  readonly #writes = new WriteTracker();
  /** Keys that were held back, whose turn it is again. */
  readonly #released: Turn[] = [];
  readonly #running = new Set<Promise<void>>();
  #active = 0;
  #ended = 0;
  #failed = 0;
  #started = false;

  constructor(controller: Controller, parts: LoopParts) {
    this.controller = controller;
    this.#parts = parts;
    this.#views = new Map([...parts.caches].map(([kind, { objects }]) => [kind, objects]));
    this.queue = new WorkQueue(parts.runtime);
    this.#retries = new KeyRetries(parts.runtime, controller.options.backoff, parts.log);
    bindTriggers(controller, parts, (key, priority) => {
      this.queue.add(key, { priority });
    });
  }

  /** What it has done and has before it. */
  get counts(): ControllerCounts {
    const { readyDepth: ready, depth } = this.queue;
    return { ready, delayed: depth - ready, running: this.#active, ended: this.#ended, failed: this.#failed };
  }

  /** Begins to work; every cache has seen its initial list by now. */
  start(): void {
    this.#started = true;
    this.queue.onReady = () => {
      this.#pump();
    };
    this.#pump();
  }

  /** Takes nothing more, and resolves once what is running has ended. */
  async drain(): Promise<void> {
    this.#started = false;
    this.queue.close();
    await Promise.all(this.#running);
  }

  #pump(): void {
    while (this.#started && this.#active < this.controller.options.concurrency) {
      const turn = this.#released.shift() ?? this.#next();
      if (turn === undefined) return;
      this.queue.begin(turn.item);
      this.#active += 1;
      this.#track(this.#work(turn));
    }
  }

  /** The next key that may run now; those that must wait for their own writes are held back. */
  #next(): Turn | undefined {
    for (let item = this.queue.get(); item !== undefined; item = this.queue.get()) {
      const behind = this.#writes.behind(item.key, this.#parts.caches);
      if (behind.size === 0) return { item, live: [] };
      this.#track(this.#hold(item, behind));
    }
    return undefined;
  }

  /** Holds one key back, without holding a worker, until the caches have seen what it wrote last. */
  async #hold(item: WorkItem, behind: ReadonlyMap<ResourceCache, number>): Promise<void> {
    const options = { timeout: gateMs, signal: this.#parts.stop };
    let live: readonly ResourceCache[] = [];
    try {
      await Promise.all([...behind].map(([cache, revision]) => cache.reached(revision, options)));
    } catch (error) {
      if (this.#parts.stop.aborted) return;
      live = [...this.#writes.behind(item.key, this.#parts.caches).keys()];
      this.#parts.log.warn({ key: item.key, error }, "the cache does not catch up; reading live");
    }
    this.#released.push({ item, live });
    this.#pump();
  }

  async #work({ item, live }: Turn): Promise<void> {
    const again = await this.#run(item.key, live);
    if (again !== undefined) this.queue.add(item.key, { delayMs: again });
    // Through the runtime, so that keys that are always ready cannot starve timers and I/O.
    this.#parts.runtime.wake({
      label: "controller",
      settle: () => {
        this.#active -= 1;
        this.#ended += 1;
        this.queue.done(item);
        this.#pump();
      },
    });
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }

  /** Milliseconds until the key is to run again, if at all. */
  async #run(id: string, live: readonly ResourceCache[]): Promise<number | undefined> {
    const { options } = this.controller;
    const attempt = this.#retries.count(id);
    const begun = reconciled.hasSubscribers ? this.#parts.runtime.now() : undefined;
    try {
      const views = live.length === 0 ? this.#views : await this.#liveViews(live);
      const resource = views.get(options.for.name)?.get(id);
      if (resource === undefined) {
        this.#retries.forget(id);
        options.onGone?.(parseKey(id));
        return undefined;
      }
      const requeueMs = this.#delayOf(await this.#reconcile(id, resource, views));
      this.#retries.forget(id);
      this.#tell({ key: id, attempt, outcome: "ok", requeueMs, error: undefined }, begun);
      return requeueMs;
    } catch (error) {
      const { stop } = this.#parts;
      const isStopped = stop.aborted && isAbortOf(error, stop.reason);
      if (!isStopped) this.#failed += 1;
      const requeueMs = isStopped ? undefined : this.#retries.failed(id, error);
      this.#tell({ key: id, attempt, outcome: isStopped ? "stopped" : "failed", requeueMs, error }, begun);
      return requeueMs;
    }
  }

  #tell(event: Omit<ReconcileEvent, "controller" | "durationMs">, begun: number | undefined): void {
    if (begun === undefined) return; // nobody listened when it began
    const durationMs = this.#parts.runtime.now() - begun;
    reconciled.publish(Object.freeze({ controller: this.controller.name, ...event, durationMs }));
  }

  async #liveViews(live: readonly ResourceCache[]): Promise<ReadonlyMap<string, ObjectView>> {
    const { client, stop } = this.#parts;
    const kinds = live.map(({ kind }) => kind);
    return new Map([...this.#views, ...(await liveViews(client, kinds, stop))]);
  }

  /** Aborts the run's signal at its deadline; the key stays locked until the promise settles all the same. */
  async #reconcile(
    id: string,
    resource: Resource,
    views: ReadonlyMap<string, ObjectView>,
  ): Promise<ReconcileResult | undefined> {
    const { name, timeoutMs } = this.controller;
    const context = this.#context(id, resource, views);
    let late: ReconcileTimeoutError | undefined;
    const expire = (): void => {
      late = new ReconcileTimeoutError(`${name} ${id}`, timeoutMs);
      context.abort(late);
    };
    using _deadline = this.#parts.runtime.timer(timeoutMs, expire, "reconcile");
    try {
      const result = await this.#reconcileWithin(resource, context);
      if (late !== undefined) throw late;
      return result;
    } finally {
      context.end();
    }
  }

  async #reconcileWithin(resource: Resource, context: RunContext): Promise<ReconcileResult | undefined> {
    const { options } = this.controller;
    const ready = options.finalize === undefined ? resource : await applyFinalizer(options.finalize, resource, context);
    if (ready === undefined || !("metadata" in ready)) return ready;
    return (await options.reconcile(ready, context)) ?? undefined;
  }

  #context(id: string, { metadata }: Resource, views: ReadonlyMap<string, ObjectView>): RunContext {
    const { runtime, stop, clientTelling, log } = this.#parts;
    return new RunContext({
      runtime,
      views,
      key: parseKey(id),
      stop,
      uid: metadata.uid,
      attempt: this.#retries.count(id),
      log,
      client: () =>
        clientTelling((kind, _key, version) => {
          this.#writes.record(id, kind, version);
        }),
    });
  }

  #delayOf(result: ReconcileResult | undefined): number | undefined {
    if (result === undefined) return undefined;
    if ("requeueAfter" in result) return toMs(result.requeueAfter, "requeueAfter");
    const at = result.requeueAt.getTime();
    checkNumber("requeueAt", at, 0);
    return at - this.#parts.runtime.wallNow();
  }
}
