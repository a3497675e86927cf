import { type Deferred, deferred } from "../core/deferred.js";
import { isKeelsonError } from "../core/index.js";
import { isAbortOf, isThenable } from "../core/operation.js";
import type { ResourceClient } from "../resources/index.js";
import { applyFinalizer } from "./apply-finalizer.js";
import { bindTriggers } from "./bind-triggers.js";
import type { CacheViews } from "./cache-reader.js";
import type { Controller, ReconcileOutcome, ReconcileResult } from "./controller.js";
import type { ReconcileResultLabel } from "./diagnostics.js";
import { ReconcileTimeoutError } from "./errors.js";
import { HeldKeys } from "./held-keys.js";
import { HotLoops, atOnceMs } from "./hot-loops.js";
import { KeyRetries } from "./key-retries.js";
import { liveViews } from "./live-views.js";
import type { LoopParts } from "./loop-parts.js";
import type { ControllerCounts } from "./manager.js";
import { parseKey } from "./object-key.js";
import { requeueMs } from "./requeue.js";
import { resync } from "./resync.js";
import type { ResourceCache } from "./resource-cache.js";
import { RunContext, type RunTools } from "./run-context.js";
import { RunDeadlines } from "./run-deadlines.js";
import { RunTraces } from "./run-traces.js";
import type { WorkItem } from "./work-item.js";
import { WorkQueue } from "./work-queue.js";
import { WriteTracker } from "./write-tracker.js";

/**
 * Runs one controller: queue in, reconciles out.
 *
 * @internal
 */
export class ControllerLoop {
  readonly controller: Controller;
  readonly queue: WorkQueue;
  readonly #parts: LoopParts;
  readonly #views: CacheViews;
  readonly #retries: KeyRetries;
  readonly #writes = new WriteTracker();
  readonly #hot: HotLoops;
  readonly #deadlines: RunDeadlines;
  readonly #traces: RunTraces;
  readonly #tools: RunTools;
  readonly #held: HeldKeys;
  /** Runs under way; what is held occupies no worker. */
  #active = 0;
  #finished = 0;
  #failures = 0;
  #started = false;
  /** The clock, where it was read for a run that ends right now: to read it takes longer than to take the next key. */
  #now: number | undefined = undefined;
  #drained: Deferred<undefined> | undefined = undefined;

  constructor(controller: Controller, parts: LoopParts) {
    const { runtime, caches, log } = parts;
    this.controller = controller;
    this.#parts = parts;
    this.#views = new Map([...caches].map(([kind, { objects }]) => [kind, objects]));
    this.queue = new WorkQueue(runtime, controller.name);
    this.#retries = new KeyRetries(controller.options.backoff, parts);
    this.#hot = new HotLoops(controller.name, runtime, log);
    this.#traces = new RunTraces(controller, runtime);
    this.#held = new HeldKeys(controller.name, parts, this.#writes, () => {
      this.#pump();
      this.#mayBeDrained();
    });
    this.#deadlines = new RunDeadlines(runtime, controller.timeoutMs, (run) => {
      run.expire(new ReconcileTimeoutError(`${controller.name} ${run.item.key}`, controller.timeoutMs));
    });
    this.#tools = {
      runtime,
      log,
      stop: parts.stop,
      clientOf: (run) => this.#clientOf(run),
      attemptsOf: (key) => this.#retries.count(key),
      record: ({ resource }, type, reason, message) => {
        parts.recorder.record({ resource, source: controller.name, type, reason, message });
      },
      ended: (run) => {
        this.#ended(run);
      },
    };
    bindTriggers(controller, parts, (key, priority, reason, isGathered = false) => {
      this.queue.add(key, { priority, reason, delayMs: isGathered ? controller.batchMs : 0 });
    });
  }

  /** What it has done and has before it. */
  get counts(): ControllerCounts {
    const { readyDepth: ready, depth } = this.queue;
    return { ready, delayed: depth - ready, running: this.#active, ended: this.#finished, failed: this.#failures };
  }

  /** Begins to work; every cache has seen its initial list by now. */
  start(): void {
    this.#started = true;
    this.queue.onReady = () => {
      this.#pump();
    };
    this.#pump();
    if (this.controller.resyncMs !== Number.POSITIVE_INFINITY) void resync(this.controller, this.#parts, this.queue);
  }

  /** Takes nothing more, and resolves once what is running has ended. */
  async drain(): Promise<void> {
    this.#started = false;
    this.queue.close();
    if (this.#active + this.#held.count > 0) await (this.#drained ??= deferred()).promise;
    this.#deadlines.close();
    await this.#parts.recorder.flush();
  }

  #pump(): void {
    const { stop } = this.#parts;
    let now = this.#now;
    this.#now = undefined;
    while (this.#started && !stop.aborted && this.#active < this.controller.options.concurrency) {
      const released = this.#held.released.shift();
      const item = released?.item ?? this.queue.get(now);
      if (item === undefined) return;
      now = undefined;
      const behind = released === undefined ? this.#writes.behind(item.key, this.#parts.caches) : undefined;
      if (released !== undefined) this.queue.begin(item);
      if (behind === undefined) this.#begin(item, released?.live ?? []);
      else void this.#held.hold(item, behind);
    }
  }

  #begin(item: WorkItem, live: readonly ResourceCache[]): void {
    if (live.length === 0) this.#run(item, this.#views);
    else void this.#runLive(item, live);
  }

  async #runLive(item: WorkItem, live: readonly ResourceCache[]): Promise<void> {
    this.#active += 1;
    let views: CacheViews | undefined;
    try {
      views = new Map([...this.#views, ...(await liveViews(this.#parts.client, live, this.#parts.stop))]);
    } catch (error) {
      this.#retry(item, error);
    }
    this.#active -= 1;
    if (views === undefined) this.queue.done(item);
    else this.#run(item, views);
    this.#pump();
    this.#mayBeDrained();
  }

  #run(item: WorkItem, views: CacheViews): void {
    const { options } = this.controller;
    const resource = views.get(options.for.name)?.get(item.key);
    if (resource === undefined) {
      this.#gone(item);
      return;
    }
    this.#active += 1;
    const run = new RunContext(this.#tools, item, resource, views);
    this.#deadlines.start(run);
    this.#traces.start(run, this.#active);
    try {
      const outcome = options.finalize === undefined ? plain(options.reconcile(resource, run)) : this.#finalizing(run);
      if (!isThenable(outcome)) this.#succeeded(run, outcome);
      else {
        outcome.then(
          (result) => {
            this.#succeeded(run, result);
          },
          (error: unknown) => {
            this.#failed(run, error);
          },
        );
      }
    } catch (error) {
      this.#failed(run, error);
    }
  }

  async #finalizing(run: RunContext): Promise<ReconcileResult | undefined> {
    const { options } = this.controller;
    const { resource } = run;
    const ready = options.finalize === undefined ? resource : await applyFinalizer(options.finalize, resource, run);
    if (ready === undefined || !("metadata" in ready)) return ready;
    return (await options.reconcile(ready, run)) ?? undefined;
  }

  #succeeded(run: RunContext, result: ReconcileResult | undefined): void {
    try {
      // The key was locked all the while; what it did so late is a failure all the same.
      if (run.late !== undefined) throw run.late;
      const { key } = run.item;
      const delayMs = requeueMs(result, this.#parts.runtime);
      this.#retries.forget(key);
      if (run.hasWritten || (delayMs ?? atOnceMs) < atOnceMs) this.#hot.wokeItself(key);
      else this.#hot.cameToRest(key);
      if (delayMs !== undefined) this.queue.add(key, { delayMs, reason: "requeue" });
      this.#end(run, delayMs === undefined ? "success" : "requeue_after", delayMs);
    } catch (error) {
      this.#failed(run, error);
    }
  }

  #failed(run: RunContext, error: unknown): void {
    const { stop } = this.#parts;
    if (stop.aborted && isAbortOf(error, stop.reason)) {
      this.#end(run, "aborted");
      return;
    }
    const { result, delayMs } = this.#retry(run.item, error);
    this.#end(run, result, delayMs, error);
  }

  /** Puts a key whose run failed back, unless it is hopeless; says what kind of failure it was. */
  #retry(item: WorkItem, error: unknown): ReturnType<KeyRetries["failed"]> {
    if (isKeelsonError(error, "RESOURCE_FENCED")) this.#parts.fenced(error);
    this.#failures += 1;
    const failure = this.#retries.failed(item.key, error);
    if (failure.delayMs !== undefined) {
      this.queue.add(item.key, { delayMs: failure.delayMs, reason: "retry" });
      this.queue.tellRetry(item, failure.delayMs);
    }
    return failure;
  }

  #end(run: RunContext, result: ReconcileResultLabel, requeueMs?: number, error?: unknown): void {
    run.close();
    this.#traces.end(run, result, requeueMs, error);
    this.#now = run.endedAt;
    // Through the runtime, so that keys that are always ready cannot starve timers and I/O.
    this.#parts.runtime.wake(run);
    this.#now = undefined;
  }

  #ended(run: RunContext): void {
    this.#active -= 1;
    this.#finished += 1;
    this.queue.done(run.item, run.endedAt);
    this.#pump();
    this.#mayBeDrained();
  }

  #gone(item: WorkItem): void {
    const { key } = item;
    this.#retries.forget(key);
    this.#writes.forget(key);
    this.#hot.cameToRest(key);
    this.queue.done(item);
    this.queue.forget(key);
    try {
      this.controller.options.onGone?.(parseKey(key));
    } catch (error) {
      this.#parts.reports?.failed(error, "`onGone`");
      this.#parts.log.error({ key, err: error }, "`onGone` failed");
    }
  }

  #clientOf(run: RunContext): ResourceClient {
    const { key } = run.item;
    return this.#parts.client.with({
      onWrite: (kind, _key, version) => {
        run.hasWritten = true;
        this.#writes.record(key, kind, version);
      },
    });
  }

  #mayBeDrained(): void {
    if (this.#drained !== undefined && this.#active + this.#held.count === 0) this.#drained.resolve(undefined);
  }
}

/** What a reconcile returned; that of a function without a result is `undefined` at run time, too. */
function plain(outcome: ReconcileOutcome): ReconcileResult | PromiseLike<ReconcileResult | undefined> | undefined {
  return outcome as ReconcileResult | Promise<ReconcileResult | undefined> | undefined;
}
