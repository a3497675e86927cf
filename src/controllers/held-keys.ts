import { staleSyncs } from "./diagnostics.js";
import type { LoopParts } from "./loop-parts.js";
import type { ResourceCache } from "./resource-cache.js";
import type { WorkItem } from "./work-item.js";
import type { WriteTracker } from "./write-tracker.js";

/** How long a key waits for a cache to see its own writes before it is read live. */
const gateMs = 30_000;

/** A key whose turn it is again, and what it is to read from the store itself. */
interface Released {
  readonly item: WorkItem;
  readonly live: readonly ResourceCache[];
}

/**
 * Keys that are held back, without holding a worker, until the caches have seen what they wrote last: no run is staler
 * than its own key's last write.
 *
 * @internal
 */
export class HeldKeys {
  /** Those that have been held, in turn. */
  readonly released: Released[] = [];
  /** How many are held. */
  count = 0;
  readonly #controller: string;
  readonly #parts: LoopParts;
  readonly #writes: WriteTracker;
  readonly #onRelease: () => void;

  constructor(controller: string, parts: LoopParts, writes: WriteTracker, onRelease: () => void) {
    this.#controller = controller;
    this.#parts = parts;
    this.#writes = writes;
    this.#onRelease = onRelease;
  }

  /** Holds one key back. */
  async hold(item: WorkItem, behind: ReadonlyMap<ResourceCache, number>): Promise<void> {
    const { stop, log, hasProgress, caches } = this.#parts;
    this.count += 1;
    let live: readonly ResourceCache[] = [];
    try {
      if (hasProgress) await this.#caughtUp(item, behind);
      else live = [...behind.keys()];
    } catch (error) {
      live = stop.aborted ? [] : [...(this.#writes.behind(item.key, caches)?.keys() ?? [])];
      if (live.length > 0) log.warn({ key: item.key, err: error }, "the cache does not catch up; reading live");
    }
    if (live.length > 0) this.#tell(item, live, "live");
    this.count -= 1;
    this.released.push({ item, live });
    this.#onRelease();
  }

  async #caughtUp(item: WorkItem, behind: ReadonlyMap<ResourceCache, number>): Promise<void> {
    this.#tell(item, [...behind.keys()], "held");
    const options = { timeout: gateMs, signal: this.#parts.stop };
    await Promise.all([...behind].map(([cache, revision]) => cache.reached(revision, options)));
  }

  #tell({ key }: WorkItem, caches: readonly ResourceCache[], outcome: "held" | "live"): void {
    if (!staleSyncs.hasSubscribers) return;
    const kinds = caches.map(({ kind }) => kind.name);
    staleSyncs.publish(Object.freeze({ controller: this.#controller, key, kinds, outcome }));
  }
}
