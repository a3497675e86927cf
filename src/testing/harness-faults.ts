import type { Duration } from "../core/index.js";

/** What a test plans to go wrong, for one controller by its name; the others see the store as it is. */
export interface HarnessFaults {
  /** Its next `count` writes of existing objects fail with a `ConflictError`. @defaultValue 1 */
  conflictNext(controller: string, count?: number): void;
  /** Its caches learn of everything this late from now on; 0 ends that, but what is on its way stays late. */
  delayWatch(controller: string, delay: Duration): void;
  /**
   * Its caches stay as they are for this long, and then learn of everything: what it acts on meanwhile is stale unless
   * it takes care.
   */
  staleCache(controller: string, duration: Duration): void;
  /**
   * Its watches are cut, and come back after this long to find history compacted: what happened in between it never
   * sees, only what is there then.
   */
  dropWatch(controller: string, duration?: Duration): void;
  /**
   * It crashes right after its `count`th write from now, before it learns of that, and starts again at once with empty
   * caches; `every` has it crash after each further `count` writes, too.
   */
  crashAfterWrite(controller: string, count: number, options?: { readonly every?: boolean }): void;
  /** Ends what still goes wrong, for all controllers; what is on its way stays late, what is cut stays so. */
  clear(): void;
}
