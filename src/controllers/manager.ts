import {
  type Duration,
  Emitter,
  type Events,
  type Logger,
  type Runtime,
  currentRuntime,
  silentLogger,
} from "../core/index.js";
import { LinkedSignal } from "../core/linked-signal.js";
import { type Kind, type ResourceClient, type ResourceKey, createResourceClient } from "../resources/index.js";
import type { StateStore } from "../store/index.js";
import { timeout } from "../time/index.js";
import { ControllerLoop } from "./controller-loop.js";
import type { Controller } from "./controller.js";
import { ResourceCache } from "./resource-cache.js";

/** Something a manager runs beside its controllers. */
export interface Runnable {
  /** In logs. */
  readonly name: string;
  /** Runs until the signal aborts; a rejection stops the manager. */
  run(signal: AbortSignal): Promise<void>;
}

/** How {@link createManager} is set up. */
export interface ManagerOptions {
  /** Where the objects live. */
  readonly store: StateStore;
  /** What it runs. */
  readonly controllers: readonly Controller[];
  /** What else it runs, once the caches are filled. @defaultValue none */
  readonly runnables?: readonly Runnable[];
  /** The key prefix of the objects. @defaultValue the resource client's */
  readonly prefix?: string;
  /** How long running reconciles get to end when it stops. @defaultValue `"30s"` */
  readonly grace?: Duration;
  /** @defaultValue nothing is logged */
  readonly log?: Logger;
  /** @defaultValue the ambient one */
  readonly runtime?: Runtime;
}

/** What happens to a manager, for its owner. */
export interface ManagerEvents {
  /** Every cache has seen its initial list, and the controllers work. */
  started: [];
  /** Everything has ended. */
  stopped: [];
}

/** Runs controllers on one store. */
export interface Manager {
  /** What happens to it. */
  readonly events: Events<ManagerEvents>;
  /** Reads and writes the same objects as its controllers. */
  readonly client: ResourceClient;
  /**
   * Runs until `signal` aborts: fills the caches, starts everything, and at the end stops controllers, then caches.
   *
   * @throws what a watch or a runnable failed with.
   */
  run(signal: AbortSignal): Promise<void>;
  /** Makes a controller look at a key now. */
  enqueue(controller: string, key: ResourceKey): void;
  /** Keys ready or delayed, by controller. */
  queueDepths(): Readonly<Record<string, number>>;
}

/**
 * Puts controllers to work: one watch and one cache per kind for all of them, and an orderly start and stop.
 *
 * @example
 * ```ts
 * import { createManager, defineController } from "keelson/controllers";
 * import { defineKind, waitFor } from "keelson/resources";
 * import { memoryStore } from "keelson/store/memory";
 *
 * const Greeting = defineKind<{ to: string }, { text: string }>()("Greeting");
 * const greetings = defineController({
 *   for: Greeting,
 *   async reconcile(greeting, { client }) {
 *     await client.patchStatus(greeting, { text: `hello ${greeting.spec.to}` });
 *   },
 * });
 * await using store = { ...memoryStore(), [Symbol.asyncDispose]: async () => {} };
 * ```
 */
export function createManager(options: ManagerOptions): Manager {
  return new ControllerManager(options);
}

class ControllerManager implements Manager {
  readonly events = new Emitter<ManagerEvents>();
  readonly client: ResourceClient;
  readonly #options: ManagerOptions;
  readonly #runtime: Runtime;
  readonly #log: Logger;
  #loops: readonly ControllerLoop[] = [];

  constructor(options: ManagerOptions) {
    this.#options = options;
    this.#runtime = options.runtime ?? currentRuntime();
    this.#log = options.log ?? silentLogger;
    this.client = this.#createClient();
    const names = options.controllers.map(({ name }) => name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) throw new TypeError(`Expected controllers of different names, got two named "${twice}"`);
  }

  async run(signal: AbortSignal): Promise<void> {
    using link = new LinkedSignal(signal);
    using cacheLink = new LinkedSignal();
    const caches = new Map(
      kindsOf(this.#options.controllers).map((kind) => [kind.name, new ResourceCache(kind, this.#runtime)]),
    );
    this.#loops = this.#options.controllers.map((controller) => this.#loop(controller, caches, link.signal));
    const failed = new Promise<never>((_, reject) => {
      const watch = (work: Promise<void>, ending: AbortSignal): void => {
        work.catch((error: unknown) => {
          if (!ending.aborted) reject(error);
        });
      };
      for (const cache of caches.values()) watch(cache.run(this.client, cacheLink.signal), cacheLink.signal);
      void this.#start(caches, link.signal).then((runnables) => {
        for (const runnable of runnables) watch(runnable, link.signal);
      }, reject);
    });
    try {
      await Promise.race([failed, aborted(link.signal)]);
    } finally {
      link.abort(new Error("the manager stops"));
      await this.#stop();
      cacheLink.abort(new Error("the manager stops"));
      this.events.emit("stopped");
    }
  }

  enqueue(controller: string, key: ResourceKey): void {
    const loop = this.#loops.find((each) => each.controller.name === controller);
    if (loop === undefined)
      throw new TypeError(`Expected \`controller\` to be one that runs here, got "${controller}"`);
    loop.enqueue(key);
  }

  queueDepths(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#loops.map(({ controller, queue }) => [controller.name, queue.size]));
  }

  #createClient(onWrite?: (kind: string, key: ResourceKey, resourceVersion: string) => void): ResourceClient {
    const { store, prefix, controllers } = this.#options;
    return createResourceClient(store, {
      kinds: kindsOf(controllers),
      runtime: this.#runtime,
      ...(prefix === undefined ? {} : { prefix }),
      ...(onWrite === undefined ? {} : { onWrite }),
    });
  }

  #loop(controller: Controller, caches: ReadonlyMap<string, ResourceCache>, stop: AbortSignal): ControllerLoop {
    const cache = caches.get(controller.options.for.name);
    if (cache === undefined) throw new Error(`no cache for ${controller.options.for.name}`);
    return new ControllerLoop(controller, cache, {
      runtime: this.#runtime,
      caches,
      stop,
      clients: (onWrite) => this.#createClient(onWrite),
      log: this.#log.child({ controller: controller.name }),
    });
  }

  async #start(caches: ReadonlyMap<string, ResourceCache>, signal: AbortSignal): Promise<readonly Promise<void>[]> {
    await Promise.all([...caches.values()].map((cache) => cache.reached(0, { signal }))).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
    if (signal.aborted) return [];
    for (const loop of this.#loops) loop.start();
    this.events.emit("started");
    return (this.#options.runnables ?? []).map((runnable) => runnable.run(signal));
  }

  async #stop(): Promise<void> {
    const drained = Promise.all(this.#loops.map((loop) => loop.drain()));
    try {
      await timeout(this.#options.grace ?? "30s", () => drained);
    } catch (error) {
      this.#log.error({ error }, "reconciles are still running; leaving them behind");
    }
  }
}

function kindsOf(controllers: readonly Controller[]): readonly Kind[] {
  const kinds = controllers.flatMap(({ options }) => [
    options.for,
    ...options.reads,
    ...options.triggers.flatMap((trigger) => (trigger.type === "channel" ? [] : [trigger.kind])),
  ]);
  return [...new Map(kinds.map((kind) => [kind.name, kind as Kind])).values()];
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else
      signal.addEventListener(
        "abort",
        () => {
          resolve();
        },
        { once: true },
      );
  });
}
