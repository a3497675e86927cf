import type { Runtime } from "../../../core/runtime.js";
import { CompactedError, WatchLaggedError } from "../../errors.js";
import { inRange } from "../../key-bounds.js";
import type { KeyRange } from "../../key-range.js";
import type { Revision } from "../../key-value.js";
import type { WatchOptions } from "../../state-store.js";
import type { WatchBatch, WatchEvent } from "../../watch-batch.js";
import { WatchBuffer } from "../shared/watch-buffer.js";
import type { Subscriber, WatchHub } from "../shared/watch-hub.js";
import { WatchIterator } from "../shared/watch-iterator.js";
import type { Keyspace } from "./keyspace.js";
import { PendingVersion, toEvent } from "./pending-version.js";
import type { Version } from "./version.js";

/** Where a watch stands: it reads the log until it has caught up, and is handed changes from then on. */
type Phase = { readonly kind: "behind"; cursor: Revision } | { readonly kind: "live" };

/** What a watch needs of its store. */
export interface WatchHome {
  readonly runtime: Runtime;
  readonly keyspace: Keyspace;
  readonly hub: WatchHub<Version>;
  /** Set once the store is closed. */
  readonly closed: { readonly error: unknown } | undefined;
}

/** One watch of a memory store. */
export class WatchStream extends WatchIterator implements Subscriber<Version> {
  readonly range: KeyRange;
  readonly #home: WatchHome;
  readonly #from: Revision;
  readonly #prevKv: boolean;
  readonly #buffer = new WatchBuffer();
  #phase: Phase;
  #isStarted = false;

  constructor(home: WatchHome, range: KeyRange, options: WatchOptions) {
    super(home.runtime, options);
    const { from, prevKv = false } = options;
    const next = home.keyspace.revision + 1;
    this.range = range;
    this.#home = home;
    this.#from = from ?? next;
    this.#prevKv = prevKv;
    this.#phase = { kind: "behind", cursor: this.#from };
    if (home.closed !== undefined) this.end(home.closed);
    if (this.#from >= next && !this.isEnded) this.#goLive();
  }

  offer(version: Version): boolean {
    return version.modRevision >= this.#from && this.#buffer.push(new PendingVersion(version, this.#prevKv));
  }

  flush(): Revision | undefined {
    this.wake();
    const resumeFrom = this.#buffer.overflow();
    if (resumeFrom !== undefined) this.end({ error: new WatchLaggedError(resumeFrom) });
    return resumeFrom;
  }

  protected override take(): WatchBatch | undefined {
    const phase = this.#phase;
    if (phase.kind === "behind") {
      const { closed, keyspace } = this.#home;
      if (closed !== undefined) this.end(closed);
      else if (phase.cursor <= keyspace.compacted) this.end({ error: new CompactedError(keyspace.compacted) });
      if (this.isEnded) return undefined;
    }
    if (!this.#isStarted) {
      this.#isStarted = true;
      return { type: "progress", revision: this.#from - 1 };
    }
    return phase.kind === "behind" ? this.#catchUp(phase) : this.#buffer.shift();
  }

  protected override progressRevision(): Revision {
    return Math.max(this.#home.keyspace.revision, this.#from - 1);
  }

  protected override letGo(): void {
    this.#home.hub.delete(this);
    this.#buffer.clear();
  }

  #goLive(): void {
    this.#phase = { kind: "live" };
    this.#home.hub.add(this);
  }

  /** The next matching revision of the log; once there is none, changes are waited for. */
  #catchUp(phase: { cursor: Revision }): WatchBatch | undefined {
    const { log, revision: last } = this.#home.keyspace;
    const events: WatchEvent[] = [];
    let revision = 0;
    for (let index = log.indexOf(phase.cursor); ; index += 1) {
      const version = log.at(index);
      if (version === undefined || (events.length > 0 && version.modRevision !== revision)) break;
      if (!inRange(version.slot.key, this.range)) continue;
      revision = version.modRevision;
      events.push(toEvent(version, this.#prevKv ? version.prev : undefined));
    }
    if (events.length === 0) {
      phase.cursor = last + 1;
      this.#goLive();
      return undefined;
    }
    phase.cursor = revision + 1;
    return { type: "events", revision, events };
  }
}
