import type { Runtime } from "../../../core/runtime.js";
import { CompactedError, StoreClosedError, StoreUnavailableError } from "../../errors.js";
import type { Revision } from "../../key-value.js";
import type { KeyRange } from "../../key-range.js";
import type { WatchOptions } from "../../state-store.js";
import type { WatchEvent } from "../../watch-batch.js";
import type { LogBackend, Reach, WatchSource } from "./backend.js";
import { WatchHub } from "./watch-hub.js";
import { BackedWatch } from "./backed-watch.js";
import { retryPause } from "./retry-pause.js";

/** How many revisions an idle tail goes back for a watch that is catching up; one farther away reads for itself. */
const closeBy = 1_000;

/** Reads the log of changes once for all watches that have caught up, and hands each change to those that want it. */
export class ChangeTail implements WatchSource {
  readonly runtime: Runtime;
  readonly backend: LogBackend;
  /** Everything up to this revision has been handed out. */
  position: Revision = 0;
  /** The newest revision heard of. */
  heard: Revision = 0;
  /** What was heard first: none of this store's own changes came before. */
  first: Revision = 0;
  /** When the store last answered. */
  confirmedAt: number = Number.NEGATIVE_INFINITY;
  readonly #hub = new WatchHub<WatchEvent>(({ kv }) => kv.key);
  readonly #watches = new Set<BackedWatch>();
  readonly #lagged: (resumeFrom: Revision) => void;
  #wantPrev = 0;
  #isReading = false;

  constructor(runtime: Runtime, backend: LogBackend, lagged: (resumeFrom: Revision) => void) {
    this.runtime = runtime;
    this.backend = backend;
    this.#lagged = lagged;
  }

  /** How many watches there are. */
  get size(): number {
    return this.#watches.size;
  }

  open(range: KeyRange, options: WatchOptions): BackedWatch {
    return new BackedWatch(this, range, options);
  }

  opened(watch: BackedWatch): void {
    this.#watches.add(watch);
    if (this.#watches.size === 1) this.backend.setWatching(true);
  }

  /** Lets a watch go that has ended. */
  left(watch: BackedWatch): void {
    if (!this.#watches.delete(watch)) return;
    if (watch.isLive) {
      this.#hub.delete(watch);
      if (watch.prevKv) this.#wantPrev -= 1;
    }
    if (this.#watches.size === 0) this.backend.setWatching(false);
  }

  /** Takes a watch that has seen everything before `cursor`, unless the tail is already beyond that. */
  join(watch: BackedWatch, cursor: Revision): boolean {
    if (this.#hub.size === 0 && !this.#isReading) {
      this.position = Math.max(Math.min(cursor - 1, this.heard), this.heard - closeBy);
    }
    if (cursor <= this.position) return false;
    this.#hub.add(watch);
    if (watch.prevKv) this.#wantPrev += 1;
    this.#readOn();
    return true;
  }

  reached({ revision }: Reach): void {
    this.confirmedAt = this.runtime.now();
    if (revision <= this.heard) return;
    if (this.heard === 0) this.first = revision;
    this.heard = revision;
    this.#readOn();
  }

  /** Ends every watch, and starts anew at `revision`. */
  restart(revision: Revision, error: unknown): void {
    this.end(error);
    this.position = revision;
    this.heard = revision;
  }

  /** Ends every watch. */
  end(error: unknown): void {
    for (const watch of [...this.#watches]) watch.end({ error });
  }

  #readOn(): void {
    if (this.#isReading || !this.#isBehind) return;
    this.#isReading = true;
    this.#read()
      .catch((error: unknown) => {
        this.end(error);
      })
      .finally(() => {
        this.#isReading = false;
        this.#readOn();
      });
  }

  get #isBehind(): boolean {
    return this.#hub.size > 0 && this.position < this.heard;
  }

  async #read(): Promise<void> {
    let failures = 0;
    while (this.#isBehind) {
      const from = this.position + 1;
      const prevKv = this.#wantPrev > 0;
      try {
        const page = await this.backend.changes({ from, prevKv });
        failures = 0;
        // Somebody who wants previous states may have joined meanwhile.
        if (page.compacted >= from) this.end(new CompactedError(page.compacted));
        else if (prevKv || this.#wantPrev === 0) this.#handOut(page.events, page.through);
      } catch (error) {
        if (error instanceof StoreClosedError) return;
        if (!(error instanceof StoreUnavailableError)) throw error;
        failures += 1;
        await this.runtime.sleep(retryPause(this.runtime, failures));
      }
    }
  }

  #handOut(events: readonly WatchEvent[], through: Revision): void {
    let start = 0;
    events.forEach(({ kv: { modRevision } }, index) => {
      if (events[index + 1]?.kv.modRevision === modRevision) return;
      this.position = modRevision;
      for (const resumeFrom of this.#hub.publish(events.slice(start, index + 1))) this.#lagged(resumeFrom);
      start = index + 1;
    });
    this.position = Math.max(this.position, through);
  }
}
