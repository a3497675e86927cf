import { isKeelsonError, toMs } from "../core/index.js";
import type { Resource, ResourceEvent, ResourceKey } from "../resources/index.js";
import { applyFinalizer } from "./apply-finalizer.js";
import { bindTriggers } from "./bind-triggers.js";
import type { Controller, ReconcileResult } from "./controller.js";
import { ReconcileTimeoutError } from "./errors.js";
import { KeyBackoff } from "./key-backoff.js";
import type { LoopParts } from "./loop-parts.js";
import { keyString, parseKey } from "./object-key.js";
import type { ResourceCache } from "./resource-cache.js";
import { RunContext } from "./run-context.js";
import type { WorkItem } from "./work-item.js";
import { WorkQueue, backgroundPriority } from "./work-queue.js";
import { WriteTracker } from "./write-tracker.js";

/** Conflicts are everyday: the key is tried again this often, this soon, before it is put back with back-off. */
const conflictRetries = 5;
const conflictDelayMs = 10;
/** How long a key waits for a cache to see its own writes before it is read live. */
const gateMs = 30_000;

/**
 * Runs one controller: queue in, reconciles out.
 *
 * @internal
 */
export class ControllerLoop {
  readonly controller: Controller;
  readonly queue: WorkQueue;
  readonly #parts: LoopParts;
  readonly #cache: ResourceCache;
  readonly #backoff: KeyBackoff;
  readonly #writes = new WriteTracker();
  readonly #conflicts = new Map<string, number>();
  readonly #running = new Set<Promise<void>>();
  #active = 0;
  #started = false;

  constructor(controller: Controller, cache: ResourceCache, parts: LoopParts) {
    this.controller = controller;
    this.#parts = parts;
    this.#cache = cache;
    this.queue = new WorkQueue(parts.runtime);
    this.#backoff = new KeyBackoff(parts.runtime, controller.options.backoff);
    cache.listen((event) => {
      this.#onOwnEvent(event);
    });
    bindTriggers(controller, parts, (key, priority) => {
      this.enqueue(key, priority);
    });
  }

  enqueue(key: ResourceKey | string, priority = 0): void {
    this.queue.add(typeof key === "string" ? key : keyString(key), { priority });
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
    this.queue.clear();
    await Promise.all(this.#running);
  }

  #onOwnEvent(event: ResourceEvent<unknown, unknown>): void {
    if (!("resource" in event)) return;
    const key = keyString(event.resource.metadata);
    const { when } = this.controller.options;
    if (event.type === "deleted" || when === undefined || when(event)) {
      this.enqueue(key, event.type === "added" && !this.#cache.isSynced ? backgroundPriority : 0);
    }
  }

  #pump(): void {
    while (this.#started && this.#active < this.controller.options.concurrency) {
      const item = this.queue.get();
      if (item === undefined) return;
      const behind = this.#writes.behind(item.key, this.#parts.caches);
      if (behind.length === 0) this.#start(item, false);
      else this.#gate(item, behind);
    }
  }

  /** Holds one key back, without holding a worker, until the caches have seen what it wrote last. */
  #gate(item: WorkItem, behind: readonly (readonly [ResourceCache, number])[]): void {
    const options = { timeout: gateMs, signal: this.#parts.stop };
    const caughtUp = Promise.all(behind.map(([cache, revision]) => cache.reached(revision, options)));
    this.#track(
      caughtUp.then(
        () => {
          this.#start(item, false);
        },
        (error: unknown) => {
          if (this.#parts.stop.aborted) this.queue.done(item);
          else {
            this.#parts.log.warn({ key: item.key, error }, "the cache does not catch up; reading live");
            this.#start(item, true);
          }
        },
      ),
    );
  }

  #start(item: WorkItem, live: boolean): void {
    this.#active += 1;
    this.#track(
      this.#run(item, live).finally(() => {
        this.#active -= 1;
        this.queue.done(item);
        this.#pump();
      }),
    );
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }

  async #run(item: WorkItem, live: boolean): Promise<void> {
    const key = parseKey(item.key);
    const { options, timeoutMs } = this.controller;
    if (live) this.#writes.forget(item.key);
    let context: RunContext | undefined;
    try {
      const resource = live
        ? await this.#parts.clients(() => undefined).get(options.for, key)
        : this.#cache.get(item.key);
      if (resource === undefined) {
        this.#forget(item.key);
        options.onGone?.(key);
        return;
      }
      context = this.#context(item.key, key, resource);
      const result = await this.#bounded(item.key, context, timeoutMs, this.#reconcile(resource, context));
      this.#succeed(item.key, result);
    } catch (error) {
      this.#fail(item.key, error);
    } finally {
      context?.end();
    }
  }

  #context(id: string, key: ResourceKey, { metadata }: Resource): RunContext {
    const { runtime, caches, stop, clients, log } = this.#parts;
    return new RunContext({
      runtime,
      caches,
      key,
      stop,
      uid: metadata.uid,
      attempt: this.#backoff.count(id),
      log,
      client: () =>
        clients((kind, _key, version) => {
          this.#writes.record(id, kind, version);
        }),
    });
  }

  async #reconcile(resource: Resource, context: RunContext): Promise<ReconcileResult | undefined> {
    const { finalize } = this.controller.options;
    const ready = finalize === undefined ? resource : await applyFinalizer(finalize, resource, context);
    if (ready === undefined) return undefined;
    if (!("metadata" in ready)) return ready;
    return (await this.controller.options.reconcile(ready, context)) ?? undefined;
  }

  /** Aborts the run's signal at its deadline; the key stays locked until the promise settles all the same. */
  async #bounded<T>(key: string, context: RunContext, ms: number, work: Promise<T>): Promise<T> {
    let late: ReconcileTimeoutError | undefined;
    const deadline = this.#parts.runtime.timer(ms, () => {
      late = new ReconcileTimeoutError(`${this.controller.name} ${key}`, ms);
      context.abort(late);
    });
    try {
      const result = await work;
      if (late !== undefined) throw late;
      return result;
    } finally {
      deadline[Symbol.dispose]();
    }
  }

  #succeed(key: string, result: ReconcileResult | undefined): void {
    this.#backoff.succeed(key);
    this.#conflicts.delete(key);
    if (result === undefined) return;
    const delayMs =
      "requeueAfter" in result
        ? toMs(result.requeueAfter, "requeueAfter")
        : result.requeueAt.getTime() - this.#parts.runtime.wallNow();
    this.queue.add(key, { delayMs });
  }

  #fail(key: string, error: unknown): void {
    const { log, stop } = this.#parts;
    if (stop.aborted) return;
    if (isKeelsonError(error, "RESOURCE_CONFLICT")) {
      const conflicts = (this.#conflicts.get(key) ?? 0) + 1;
      this.#conflicts.set(key, conflicts);
      log.debug({ key, error }, "conflict; trying again");
      if (conflicts <= conflictRetries) {
        this.queue.add(key, { delayMs: conflictDelayMs });
        return;
      }
    }
    if (isKeelsonError(error, "RECONCILE_TERMINAL")) {
      this.#forget(key);
      log.error({ key, error }, "gave up until the object changes");
      return;
    }
    const delayMs = this.#backoff.fail(key);
    log.warn({ key, error, delayMs }, "reconcile failed; trying again");
    this.queue.add(key, { delayMs });
  }

  #forget(key: string): void {
    this.#backoff.succeed(key);
    this.#conflicts.delete(key);
  }
}
