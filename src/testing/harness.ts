import type { Controller } from "../controllers/index.js";
import type { Duration, Runtime } from "../core/index.js";
import type { Kind, Resource, ResourceClient, ResourceKey } from "../resources/index.js";
import type { StateStore } from "../store/index.js";
import type { HarnessFaults } from "./harness-faults.js";
import type { HarnessLogLine } from "./harness-log.js";

/** How {@link createHarness} sets up its world. */
export interface HarnessOptions {
  /**
   * What runs. Given a function, each start of a controller makes it anew, so that a crash loses what it keeps in memory,
   * as it would in production.
   */
  readonly controllers: readonly Controller[] | (() => readonly Controller[]);
  /** Kinds whose objects belong to others, or others to them, and which no controller names. @defaultValue none */
  readonly kinds?: readonly Kind[];
  /**
   * Whether the garbage collector runs, which no fault touches: it deletes what has lost its owners. Not beside
   * controllers that include one.
   *
   * @defaultValue `true`
   */
  readonly collectsGarbage?: boolean;
  /** Seeds everything that chance decides. @defaultValue `1` */
  readonly seed?: number;
  /** A key that is reconciled more often than this without time moving fails the harness. @defaultValue `100` */
  readonly maxReconcilesPerInstant?: number;
}

/** One reconcile that took place. */
export interface HarnessReconcile {
  /** The controller's name. */
  readonly controller: string;
  /** What it looked at. */
  readonly key: ResourceKey;
  /** When, in milliseconds since the harness began. */
  readonly at: number;
}

/** A world in virtual time: a store in memory, controllers at work on it, and what a test wants to go wrong. */
export interface Harness extends AsyncDisposable {
  /** Its clock and generator. */
  readonly runtime: Runtime;
  /** The store as it is. */
  readonly store: StateStore;
  /** Reads and writes as the test itself; no fault touches it. */
  readonly client: ResourceClient;
  /** What is to go wrong. */
  readonly faults: HarnessFaults;
  /** The reconciles so far, in order. */
  readonly reconciles: readonly HarnessReconcile[];
  /** What the controllers logged so far. */
  readonly logs: readonly HarnessLogLine[];
  /**
   * Lets everything happen that can without time moving.
   *
   * @throws what a controller's manager or an observer failed with, and {@link HotLoopError}.
   */
  settle(): Promise<void>;
  /**
   * Moves the time, letting each instant's consequences happen before the next.
   *
   * @throws as {@link Harness.settle}.
   */
  advance(duration: Duration): Promise<void>;
  /** Makes a controller look at a key now. @throws TypeError for a controller that there is not. */
  enqueue(controller: string, key: ResourceKey): void;
  /** Crashes a controller now, and starts it again. @throws TypeError for a controller that there is not. */
  crash(controller: string): void;
  /** Writes of objects that a controller has made so far. @throws TypeError for a controller that there is not. */
  writes(controller: string): number;
  /**
   * Shows `look` all objects of a kind as they were after each change of one of them, in order: for what must hold at
   * every instant. What it throws fails the harness.
   */
  observe<Spec, Status, Input>(
    kind: Kind<Spec, Status, Input>,
    look: (objects: readonly Resource<Spec, Status>[]) => void,
  ): Disposable;
}
