import { checkInteger } from "../core/check.js";
import { type Duration, type Runtime, toMs } from "../core/index.js";
import { type Controller, createManager } from "../controllers/index.js";
import { garbageCollector } from "../reconcilers/index.js";
import {
  type Kind,
  type Resource,
  type ResourceClient,
  type ResourceKey,
  createResourceClient,
} from "../resources/index.js";
import type { StateStore } from "../store/index.js";
import { memoryStore } from "../store/drivers/memory/index.js";
import { ControllerStore } from "./controller-store.js";
import { HarnessController } from "./harness-controller.js";
import type { HarnessFaults } from "./harness-faults.js";
import { type HarnessLogLine, recordingLogger } from "./harness-log.js";
import { ReconcileLog } from "./harness-reconciles.js";
import type { Harness, HarnessOptions, HarnessReconcile } from "./harness.js";
import type { VirtualTime } from "./virtual-time.js";

/** How a harness is set up, with defaults. */
type Options = Required<Omit<HarnessOptions, "controllers" | "seed">>;

/** The harness behind `createHarness`. */
export class ControllerHarness implements Harness {
  readonly runtime: Runtime;
  readonly store: StateStore;
  readonly client: ResourceClient;
  readonly logs: HarnessLogLine[] = [];
  readonly reconciles: readonly HarnessReconcile[];
  readonly faults: HarnessFaults;
  readonly #time: VirtualTime;
  readonly #controllers = new Map<string, HarnessController>();
  /** Ends what observes and what tidies up. */
  readonly #observing = new AbortController();
  readonly #failures: unknown[] = [];
  #seenFailures = 0;
  #collecting: Promise<void> = Promise.resolve();

  constructor(time: VirtualTime, make: () => readonly Controller[], options: Options) {
    this.#time = time;
    this.runtime = time.runtime;
    this.store = memoryStore();
    const quiet = new ControllerStore(this.store, this.runtime).life(() => false);
    this.client = createResourceClient(quiet);
    const failed = (error: unknown): void => void this.#failures.push(error);
    const log = new ReconcileLog(this.runtime, options.maxReconcilesPerInstant, failed);
    this.reconciles = log.entries;
    const parts = {
      runtime: this.runtime,
      store: this.store,
      failed,
      log: (isOver: () => boolean) => recordingLogger(this.logs, isOver),
    };
    const first = make();
    for (const [index, { name }] of first.entries()) {
      if (this.#controllers.has(name)) {
        throw new TypeError(`Expected controllers of different names, got two named "${name}"`);
      }
      const start = (): Controller => log.watching(remade(make(), index, name));
      this.#controllers.set(name, new HarnessController(start, parts));
    }
    if (options.collectsGarbage)
      this.#collectGarbage(quiet, [...new Set([...first.flatMap((each) => each.kinds), ...options.kinds])], failed);
    this.faults = faultsOf((name) => this.#named(name), this.#controllers, failed);
  }

  async settle(): Promise<void> {
    await this.#time.settle();
    this.#throwFailures();
  }

  async advance(duration: Duration): Promise<void> {
    await this.#time.advance(duration);
    this.#throwFailures();
  }

  enqueue(controller: string, key: ResourceKey): void {
    this.#named(controller).manager.enqueue(controller, key);
  }

  crash(controller: string): void {
    this.#named(controller).crash();
  }

  writes(controller: string): number {
    return this.#named(controller).store.writes;
  }

  /** Which object each write was of that a controller has made so far. */
  written(controller: string): readonly string[] {
    return this.#named(controller).store.written;
  }

  observe<Spec, Status, Input>(
    kind: Kind<Spec, Status, Input>,
    look: (objects: readonly Resource<Spec, Status>[]) => void,
  ): Disposable {
    const stop = new AbortController();
    this.#observing.signal.addEventListener("abort", () => {
      stop.abort();
    });
    this.#observe(kind, look, stop.signal).catch((error: unknown) => {
      if (!stop.signal.aborted) this.#failures.push(error);
    });
    return {
      [Symbol.dispose]: () => {
        stop.abort();
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#observing.abort();
    const stopped = [...this.#controllers.values()].map((controller) => controller.stop());
    await this.#time.advance("1m");
    await Promise.all([...stopped, this.#collecting]);
    await this.store.close();
    this.#time[Symbol.dispose]();
  }

  #collectGarbage(store: StateStore, kinds: readonly Kind[], failed: (error: unknown) => void): void {
    const controllers = garbageCollector(kinds);
    // A collector that is under test, and may be struck by faults, does it all.
    if (controllers.some(({ name }) => this.#controllers.has(name))) return;
    const manager = createManager({ store, controllers, runtime: this.runtime });
    this.#collecting = manager.run(this.#observing.signal).catch(failed);
  }

  async #observe<Spec, Status, Input>(
    kind: Kind<Spec, Status, Input>,
    look: (objects: readonly Resource<Spec, Status>[]) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const objects = new Map<string, Resource<Spec, Status>>();
    let isSynced = false;
    for await (const event of this.client.watch(kind, { signal })) {
      if (event.type === "synced") isSynced = true;
      else if (!("resource" in event)) continue;
      else if (event.type === "deleted") objects.delete(event.resource.metadata.uid);
      else objects.set(event.resource.metadata.uid, event.resource);
      if (isSynced) look([...objects.values()]);
    }
  }

  #named(name: string): HarnessController {
    const found = this.#controllers.get(name);
    if (found !== undefined) return found;
    const known = [...this.#controllers.keys()].map((each) => `"${each}"`).join(", ");
    throw new TypeError(`Expected \`controller\` to be one of ${known || "none"}, got "${name}"`);
  }

  #throwFailures(): void {
    const unawaited = this.#time.failures.slice(this.#seenFailures).map(({ error }) => error);
    this.#seenFailures = this.#time.failures.length;
    const failures = [...this.#failures.splice(0), ...unawaited];
    if (failures.length > 1) throw new AggregateError(failures, "several things failed");
    for (const failure of failures) throw failure;
  }
}

/** The controller that was made in that place before. */
function remade(controllers: readonly Controller[], index: number, name: string): Controller {
  const again = controllers[index];
  if (again?.name === name) return again;
  throw new TypeError(`Expected \`controllers\` to make the same ones each time, got another one than "${name}"`);
}

function faultsOf(
  of: (name: string) => HarnessController,
  all: ReadonlyMap<string, HarnessController>,
  failed: (error: unknown) => void,
): HarnessFaults {
  return {
    conflictNext(name, count = 1) {
      checkInteger("count", count, 1);
      of(name).store.conflictNext(count);
    },
    delayWatch(name, delay) {
      of(name).store.lag.delayMs = toMs(delay, "delay");
    },
    staleCache(name, duration) {
      of(name).store.freezeWatches(toMs(duration, "duration"));
    },
    dropWatch(name, duration = 0) {
      of(name).store.dropWatches(toMs(duration, "duration")).catch(failed);
    },
    crashAfterWrite(name, count, { every = false } = {}) {
      checkInteger("count", count, 1);
      const controller = of(name);
      const crash = (): void => {
        controller.crash();
      };
      controller.store.crashAfterWrite(count, crash, every ? count : undefined);
    },
    clear() {
      for (const { store } of all.values()) store.clearFaults();
    },
  };
}
