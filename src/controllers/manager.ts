import type { ElectionOptions } from "../cluster/index.js";
import type { Duration, Events, Health, Logger, Runtime } from "../core/index.js";
import type { ResourceClient, ResourceKey } from "../resources/index.js";
import type { Compare, StateStore } from "../store/index.js";
import type { CacheBounds } from "./cache-bounds.js";
import type { Controller } from "./controller.js";
import type { CacheStats } from "./resource-cache.js";

/** Something a manager runs beside its controllers. */
export interface Runnable {
  /** In logs. */
  readonly name: string;
  /**
   * Where several managers run: only on the one that leads, on each, or on each as a server: the first to start and the
   * last to end, such as metrics and health.
   *
   * @defaultValue `"leader"`
   */
  readonly runs?: "leader" | "everywhere" | "server";
  /** Prepares `run` before the manager leads, so that it takes over faster; what it rejects with stops the manager. */
  warmUp?(signal: AbortSignal): Promise<void>;
  /** Runs until the signal aborts; a rejection stops the manager. */
  run(signal: AbortSignal): Promise<void>;
}

/** The time for which a manager leads, as `keelson/cluster` has it. */
export interface LeaderTerm {
  /** Greater than that of every earlier leader. */
  readonly token: number;
  /** Aborts once the term is over. */
  readonly signal: AbortSignal;
  /** The conditions under which a write is refused once somebody else leads. */
  fence(): readonly Compare[];
}

/** Elects one of several managers: what `createElection` of `keelson/cluster` returns, on the same store. */
export interface LeaderElection {
  /** Waits to be elected, does `work` as the leader, and steps down once it has ended. */
  run<R>(work: (term: LeaderTerm) => Promise<R>, options: { readonly signal: AbortSignal }): Promise<R>;
}

/** How {@link createManager} is set up. */
export interface ManagerOptions {
  /** Where the objects live. */
  readonly store: StateStore;
  /** What it runs. */
  readonly controllers: readonly Controller[];
  /** What else it runs. @defaultValue none */
  readonly runnables?: readonly Runnable[] | undefined;
  /**
   * Elects one of several managers. Only the one that leads runs what runs on the leader, each of whose writes is fenced:
   * once another leads, it is refused. Options make an election on the same store; hand in your own to listen to it.
   * Where the store's watches do not report `progress`, a new leader reads what its caches hold once more before it
   * starts.
   *
   * @defaultValue it leads, as the only one
   */
  readonly leaderElection?: LeaderElection | ElectionOptions | undefined;
  /** Bounds of what it keeps in memory, made by {@link bounded}. @defaultValue everything of the kinds it needs */
  readonly caches?: readonly CacheBounds[] | undefined;
  /** The key prefix of the objects. @defaultValue the resource client's */
  readonly prefix?: string;
  /** How long running reconciles get to end when it stops. @defaultValue `"30s"` */
  readonly grace?: Duration;
  /**
   * Where it writes what a person should see.
   *
   * @defaultValue nothing is logged; of each key that fails, the first failure in a row goes to the runtime's `report`,
   * which prints it to standard error unless somebody listens to the signal `task:failed`
   */
  readonly log?: Logger | undefined;
  /** Clock, timers and chance. @defaultValue the ambient one */
  readonly runtime?: Runtime;
}

/** What happens to a manager, for its owner. */
export interface ManagerEvents {
  /** Every cache has seen its initial list, and what runs everywhere works. */
  started: [];
  /** It leads, and what runs on the leader works. */
  leading: [];
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
  /** Reads and writes the same objects as its controllers; not fenced. */
  readonly client: ResourceClient;
  /** Whether it leads, and what runs on the leader works. */
  readonly leads: boolean;
  /**
   * Runs until `signal` aborts.
   *
   * @remarks
   * Starts servers, then caches; once those are filled, what runs everywhere and the warm-ups; and once it leads, and its
   * caches have seen everything that was written before, what runs on the leader. Stops what runs everywhere, what
   * runs on the leader, caches, servers, in that order, each with its signal and all within the grace; and then steps
   * down. It runs once.
   * @throws NotLeaderError when it does not lead any more, at once and without grace; what a watch, a warm-up or a
   * runnable failed with, after an orderly stop.
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
  /** How much its caches hold; empty before `run`. */
  caches(): readonly CacheStats[];
  /** `pass` once its caches are filled, `warn` before that and once it has ended. */
  health(): Health;
}
