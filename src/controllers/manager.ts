import type { Duration, Events, Logger, Runtime } from "../core/index.js";
import type { ResourceClient, ResourceKey } from "../resources/index.js";
import type { StateStore } from "../store/index.js";
import type { Controller } from "./controller.js";

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
  /** Where it writes what a person should see. @defaultValue nothing is logged */
  readonly log?: Logger;
  /** Clock, timers and chance. @defaultValue the ambient one */
  readonly runtime?: Runtime;
}

/** What happens to a manager, for its owner. */
export interface ManagerEvents {
  /** Every cache has seen its initial list, and the controllers work. */
  started: [];
  /** Everything has ended. */
  stopped: [];
}

/** What one controller has done and has before it. */
export interface ControllerCounts {
  /** Keys that could run now. */
  readonly ready: number;
  /** Keys whose time has not come: retries, requeues. */
  readonly delayed: number;
  /** Reconciles that run now. */
  readonly running: number;
  /** Reconciles that have ended, since the start. */
  readonly ended: number;
  /** Those among them that failed. */
  readonly failed: number;
}

/** Runs controllers on one store. */
export interface Manager {
  /** What happens to it. */
  readonly events: Events<ManagerEvents>;
  /** Reads and writes the same objects as its controllers. */
  readonly client: ResourceClient;
  /**
   * Runs until `signal` aborts: fills the caches, then starts controllers and runnables. At the end their signals
   * abort; it resolves once they have ended, or the grace is over, and the caches were let go. It runs once.
   *
   * @throws what a watch or a runnable failed with, after an orderly stop.
   */
  run(signal: AbortSignal): Promise<void>;
  /**
   * Makes a controller look at a key now.
   *
   * @throws TypeError for a controller that does not run here, as all do before `run`.
   */
  enqueue(controller: string, key: ResourceKey): void;
  /** Keys that wait, ready or delayed, by controller. */
  queueDepths(): Readonly<Record<string, number>>;
  /** What each controller has done and has before it; for health checks and metrics. */
  controllerCounts(): Readonly<Record<string, ControllerCounts>>;
  /** For each kind, whether its cache has taken in the initial list; nothing before {@link Manager.run}. */
  cachesSynced(): Readonly<Record<string, boolean>>;
}
