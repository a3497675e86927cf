import { Deque } from "../../../core/deque.js";
import type { Revision } from "../../key-value.js";
import type { WatchBatch, WatchEvent } from "../../watch-batch.js";
import { type Version, toKeyValue } from "./version.js";

/** What a watch may hold for a slow consumer. */
const maxEvents = 10_000;
const maxBytes: number = 16 * 1_024 * 1_024;

interface Pending {
  readonly version: Version;
  /** Taken at once where it is wanted: compaction may cut it off before it is delivered. */
  readonly prev: Version | undefined;
}

interface PendingBatch {
  readonly revision: Revision;
  readonly entries: Pending[];
  bytes: number;
}

/** Changes that a watch's consumer has not taken yet, by revision; nothing is copied before it is taken. */
export class WatchBuffer {
  readonly #prevKv: boolean;
  readonly #batches = new Deque<PendingBatch>();
  #newest: PendingBatch | undefined = undefined;
  #events = 0;
  #bytes = 0;

  constructor(prevKv: boolean) {
    this.#prevKv = prevKv;
  }

  /** Adds a change; tells whether it is the first of its revision. */
  push(version: Version): boolean {
    let batch = this.#newest;
    const isFirst = batch?.revision !== version.modRevision;
    if (batch === undefined || isFirst) {
      batch = { revision: version.modRevision, entries: [], bytes: 0 };
      this.#batches.push(batch);
      this.#newest = batch;
    }
    const prev = this.#prevKv ? version.prev : undefined;
    const bytes = (version.value?.length ?? 0) + (prev?.value?.length ?? 0);
    batch.entries.push({ version, prev });
    batch.bytes += bytes;
    this.#events += 1;
    this.#bytes += bytes;
    return isFirst;
  }

  /** Where to resume, once there is too much; a revision alone is never too much, since it can't be split. */
  overflow(): Revision | undefined {
    if (this.#batches.length <= 1 || (this.#events <= maxEvents && this.#bytes <= maxBytes)) return undefined;
    return this.#batches.peek()?.revision;
  }

  shift(): WatchBatch | undefined {
    const batch = this.#batches.shift();
    if (batch === undefined) return undefined;
    if (this.#newest === batch) this.#newest = undefined;
    this.#events -= batch.entries.length;
    this.#bytes -= batch.bytes;
    const events = batch.entries.map(({ version, prev }) => toEvent(version, prev));
    return { type: "events", revision: batch.revision, events };
  }

  clear(): void {
    this.#batches.clear();
    this.#newest = undefined;
    this.#events = 0;
    this.#bytes = 0;
  }
}

/** A change as the consumer of a watch gets it. */
export function toEvent(version: Version, prev: Version | undefined): WatchEvent {
  const kv = toKeyValue(version);
  const type = version.value === undefined ? "delete" : "put";
  return prev?.value === undefined ? { type, kv } : { type, kv, prev: toKeyValue(prev) };
}
