import { createElection } from "../cluster/index.js";
import { checkArray, checkMethod, checkObject } from "../core/check.js";
import { Emitter, type Health, currentRuntime, silentLogger, toMs } from "../core/index.js";
import type { StateStore } from "../store/index.js";
import { type ResourceClient, type ResourceKey, createResourceClient } from "../resources/index.js";
import type { Controller } from "./controller.js";
import { ManagerRun } from "./manager-run.js";
import type { ControllerCounts, LeaderElection, Manager, ManagerEvents, ManagerOptions } from "./manager.js";
import { keyStringOf } from "./object-key.js";
import { relistingStore } from "./relisting-store.js";
import type { CacheStats } from "./resource-cache.js";

/**
 * The manager behind `createManager`.
 *
 * @internal
 */
export class ControllerManager implements Manager {
  readonly events: Emitter<ManagerEvents> = new Emitter<ManagerEvents>();
  readonly client: ResourceClient;
  readonly #make: () => ManagerRun;
  #run: ManagerRun | undefined = undefined;

  constructor(options: ManagerOptions) {
    checkObject("options", options);
    const { store, controllers, runnables = [], caches = [], grace = "30s", prefix } = options;
    checkMethod("store", store, "txn");
    checkArray("controllers", controllers);
    for (const [index, each] of controllers.entries()) {
      checkObject(`controllers[${index}]`, each);
      checkArray(`controllers[${index}].kinds`, each.kinds);
    }
    checkArray("runnables", runnables);
    checkArray("caches", caches);
    const { runtime = currentRuntime(), log = silentLogger } = options;
    const leaderElection = electionOf(options);
    const graceMs = toMs(grace, "grace");
    const kinds = [...new Set(controllers.flatMap((controller) => controller.kinds))];
    checkNames(controllers);
    const clientOf = (of: StateStore): ResourceClient =>
      createResourceClient(of, { kinds, runtime, ...(prefix === undefined ? {} : { prefix }) });
    this.client = clientOf(store);
    const relisting = store.capabilities.progress ? undefined : relistingStore(store);
    const cached = {
      client: relisting === undefined ? this.client : clientOf(relisting.store),
      relist: relisting?.relist,
    };
    const bounds = kinds.map((kind) => caches.find((each) => each.kind === kind) ?? { kind });
    this.#make = () =>
      new ManagerRun({
        ...{ store, controllers, runnables, bounds, leaderElection, graceMs, runtime, log },
        ...{ client: this.client, cached },
        reports: options.log === undefined,
        events: this.events,
      });
  }

  get leads(): boolean {
    return this.#run?.leads ?? false;
  }

  async run(signal: AbortSignal): Promise<void> {
    checkMethod("signal", signal, "addEventListener");
    if (this.#run !== undefined) throw new TypeError("Expected `run` to be called once, got a second call");
    this.#run = this.#make();
    await this.#run.run(signal);
  }

  enqueue(controller: string, key: ResourceKey): void {
    const loop = this.#run?.loops.find((each) => each.controller.name === controller);
    if (loop === undefined) {
      throw new TypeError(`Expected \`controller\` to be one that runs here, got "${controller}"`);
    }
    loop.queue.add(keyStringOf(loop.controller.options.for, key));
  }

  queueDepths(): Readonly<Record<string, number>> {
    return Object.fromEntries((this.#run?.loops ?? []).map(({ controller, queue }) => [controller.name, queue.depth]));
  }

  controllerCounts(): Readonly<Record<string, ControllerCounts>> {
    return Object.fromEntries((this.#run?.loops ?? []).map(({ controller, counts }) => [controller.name, counts]));
  }

  cachesSynced(): Readonly<Record<string, boolean>> {
    return Object.fromEntries((this.#run?.caches ?? []).map(({ kind, isSynced }) => [kind.name, isSynced]));
  }

  caches(): readonly CacheStats[] {
    return (this.#run?.caches ?? []).map((cache) => cache.stats());
  }

  health(): Health {
    const behind = (this.#run?.caches ?? []).filter(({ isSynced }) => !isSynced).map(({ kind }) => kind.name);
    const details = { leads: this.leads };
    if (this.#run === undefined) return { status: "warn", message: "it does not run yet", details };
    if (this.#run.hasEnded) return { status: "warn", message: "it has ended", details };
    if (behind.length === 0) return { status: "pass", details };
    return { status: "warn", message: `caches are not filled yet: ${behind.join(", ")}`, details };
  }
}

function electionOf({ store, runtime, leaderElection }: ManagerOptions): LeaderElection | undefined {
  if (leaderElection === undefined || "run" in leaderElection) return leaderElection;
  return createElection(store, { runtime, ...leaderElection });
}

function checkNames(controllers: readonly Controller[]): void {
  const names = controllers.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new TypeError(`Expected controllers of different names, got two named "${twice}"`);
}
