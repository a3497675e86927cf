import type { Duration } from "../core/index.js";
import type { Kind, Resource } from "../resources/index.js";
import type { Harness } from "./harness.js";

/**
 * What {@link checkReconciler} lets controllers live through, again and again, each time with something else going
 * wrong.
 */
export interface ReconcilerScenario {
  /**
   * What happens: creates, changes and deletes objects, and lets time pass. Chance comes from `random`, which gives the
   * same numbers in each run of a seed, whatever goes wrong.
   */
  run(t: Harness, random: () => number): Promise<void>;
  /** Throws unless what was wanted has been reached; asked once everything has come to rest. */
  reached?(t: Harness): Promise<void> | void;
  /**
   * Kinds whose objects must be the same in the end, however it went. It must be given where a controller creates what
   * it neither owns, watches nor reads. @defaultValue those that the controllers name
   */
  readonly kinds?: readonly Kind[];
  /**
   * What must be the same of an object; in it, a uid stands for the object that has it in the end, by its name or by
   * whose it is. @defaultValue all but versions, generations, times, and the names of what has an owner
   */
  view?(resource: Resource): unknown;
  /**
   * Kinds whose objects may be deleted and created anew under the same name at any time, unless they have an owner.
   *
   * @defaultValue those that the controllers are for
   */
  readonly recreates?: readonly Kind[];
  /** How long it may take to come to rest after the last event. @defaultValue `"10m"` */
  readonly settleWithin?: Duration;
}

/** Every name that a {@link ReconcilerScenario} has. */
export const scenarioFields: Readonly<Record<keyof ReconcilerScenario, true>> = {
  run: true,
  reached: true,
  kinds: true,
  view: true,
  recreates: true,
  settleWithin: true,
};

/** What goes wrong in one run; plain data, so that a failure can be told and repeated. */
export type ReconcilerFault =
  /** Nothing: what the other runs are compared with. */
  | { readonly kind: "none" }
  /** A controller crashes after so many of its writes; `every`: again and again (Sieve's intermediate states). */
  | {
      readonly kind: "crash";
      readonly controller: string;
      readonly afterWrite: number;
      readonly every: boolean;
    }
  /** From that revision on, a controller's caches stand still for a while (Sieve's stale states). */
  | {
      readonly kind: "stale";
      readonly controller: string;
      readonly atRevision: number;
      readonly forMs: number;
    }
  /**
   * From that revision on, a controller sees nothing for a while, and then only what is left (Sieve's unobserved
   * states).
   */
  | {
      readonly kind: "unobserved";
      readonly controller: string;
      readonly atRevision: number;
      readonly forMs: number;
    }
  /** In the end everything is deleted and created anew under the same names; `unseen`: while nobody looks. */
  | { readonly kind: "recreate"; readonly unseen: boolean };
