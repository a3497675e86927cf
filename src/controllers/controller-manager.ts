import { onAbort } from "../core/abort-hub.js";
import { type Deferred, deferred } from "../core/deferred.js";
import { Emitter, type Logger, type Runtime, currentRuntime, silentLogger, toMs } from "../core/index.js";
import { LinkedSignal } from "../core/linked-signal.js";
import { isAbortOf } from "../core/operation.js";
import { type Kind, type ResourceClient, type ResourceKey, createResourceClient } from "../resources/index.js";
import { timeout } from "../time/index.js";
import { ControllerLoop } from "./controller-loop.js";
import type { Controller } from "./controller.js";
import { keyStringOf } from "./object-key.js";
import type { ControllerCounts, Manager, ManagerEvents, ManagerOptions } from "./manager.js";
import { ResourceCache } from "./resource-cache.js";
import type { WriteListener } from "./write-tracker.js";

/**
 * The manager behind `createManager`.
 *
 * @internal
 */
export class ControllerManager implements Manager {
  readonly events: Emitter<ManagerEvents> = new Emitter<ManagerEvents>();
  readonly client: ResourceClient;
  readonly #options: ManagerOptions;
  readonly #runtime: Runtime;
  readonly #log: Logger;
  readonly #graceMs: number;
  readonly #kinds: readonly Kind[];
  #loops: readonly ControllerLoop[] | undefined = undefined;
  #caches: readonly ResourceCache[] = [];

  constructor(options: ManagerOptions) {
    this.#options = options;
    this.#runtime = options.runtime ?? currentRuntime();
    this.#log = options.log ?? silentLogger;
    this.#graceMs = toMs(options.grace ?? "30s", "grace");
    this.#kinds = kindsOf(options.controllers);
    const names = options.controllers.map(({ name }) => name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) throw new TypeError(`Expected controllers of different names, got two named "${twice}"`);
    this.client = this.#createClient();
  }

  async run(signal: AbortSignal): Promise<void> {
    if (this.#loops !== undefined) throw new TypeError("Expected `run` to be called once, got a second call");
    // Its own timers and watches are no reason for the process to stay; that it runs is.
    using _alive = this.#runtime.timer(Number.POSITIVE_INFINITY, () => undefined, "manager");
    using working = new LinkedSignal(signal);
    using watching = new LinkedSignal();
    const caches = this.#kinds.map((kind) => new ResourceCache(kind, this.#runtime));
    this.#caches = caches;
    const loops = this.#createLoops(caches, working.signal);
    this.#loops = loops;
    const failure = deferred<never>();
    const feeding = caches.map((cache) =>
      this.#supervise(cache.run(this.client, watching.signal), watching.signal, failure),
    );
    const started = this.#start(caches, loops, working.signal, failure);
    try {
      await Promise.race([failure.promise, aborted(working.signal)]);
    } finally {
      working.abort(new Error("the manager stops"));
      await this.#stop(Promise.all([started, ...loops.map((loop) => loop.drain())]));
      watching.abort(new Error("the manager stops"));
      await Promise.all(feeding);
      this.events.emit("stopped");
    }
  }

  enqueue(controller: string, key: ResourceKey): void {
    const loop = this.#loops?.find((each) => each.controller.name === controller);
    if (loop === undefined) {
      throw new TypeError(`Expected \`controller\` to be one that runs here, got "${controller}"`);
    }
    loop.queue.add(keyStringOf(loop.controller.options.for, key));
  }

  queueDepths(): Readonly<Record<string, number>> {
    return Object.fromEntries((this.#loops ?? []).map(({ controller, queue }) => [controller.name, queue.depth]));
  }

  controllerCounts(): Readonly<Record<string, ControllerCounts>> {
    return Object.fromEntries((this.#loops ?? []).map(({ controller, counts }) => [controller.name, counts]));
  }

  cachesSynced(): Readonly<Record<string, boolean>> {
    return Object.fromEntries(this.#caches.map(({ kind, isSynced }) => [kind.name, isSynced]));
  }

  #createClient(onWrite?: WriteListener): ResourceClient {
    const { store, prefix } = this.#options;
    return createResourceClient(store, {
      kinds: this.#kinds,
      runtime: this.#runtime,
      onWrite,
      ...(prefix === undefined ? {} : { prefix }),
    });
  }

  #createLoops(caches: readonly ResourceCache[], stop: AbortSignal): readonly ControllerLoop[] {
    const parts = {
      runtime: this.#runtime,
      caches: new Map(caches.map((cache) => [cache.kind.name, cache])),
      client: this.client,
      clientTelling: (onWrite: WriteListener) => this.#createClient(onWrite),
      stop,
    };
    return this.#options.controllers.map(
      (controller) =>
        new ControllerLoop(controller, { ...parts, log: this.#log.child({ controller: controller.name }) }),
    );
  }

  /** Starts everything once the caches are filled, and resolves once the runnables have ended. */
  async #start(
    caches: readonly ResourceCache[],
    loops: readonly ControllerLoop[],
    signal: AbortSignal,
    failure: Deferred<never>,
  ): Promise<void> {
    try {
      await Promise.all(caches.map((cache) => cache.reached(0, { signal })));
    } catch {
      return; // it stops before it has begun
    }
    for (const loop of loops) loop.start();
    this.events.emit("started");
    const runnables = this.#options.runnables ?? [];
    // Async, so that one that throws rejects.
    const run = async (each: (typeof runnables)[number]): Promise<void> => each.run(signal);
    await Promise.all(runnables.map((runnable) => this.#supervise(run(runnable), signal, failure)));
  }

  /** Resolves once `work` has ended; what it failed with fails the manager, unless it is ending anyway. */
  async #supervise(work: Promise<void>, ending: AbortSignal, failure: Deferred<never>): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (!ending.aborted) failure.reject(error);
      else if (!isAbortOf(error, ending.reason)) this.#log.error({ error }, "failed while the manager stopped");
    }
  }

  async #stop(ended: Promise<unknown>): Promise<void> {
    try {
      await timeout(this.#graceMs, () => ended, { runtime: this.#runtime });
    } catch (error) {
      this.#log.error({ error }, "reconciles or runnables are still running; leaving them behind");
    }
  }
}

function kindsOf(controllers: readonly Controller[]): readonly Kind[] {
  const kinds = controllers.flatMap(({ options }): readonly Kind[] => [
    options.for,
    ...options.reads,
    ...options.triggers.flatMap((trigger) => (trigger.type === "channel" ? [] : [trigger.kind])),
  ]);
  return [...new Set(kinds)];
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
