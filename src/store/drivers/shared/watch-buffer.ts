import { Deque } from "../../../core/deque.js";
import type { Revision } from "../../key-value.js";
import type { WatchBatch, WatchEvent } from "../../watch-batch.js";

/** What a watch may hold for a slow consumer. */
const maxEvents = 10_000;
const maxBytes: number = 16 * 1_024 * 1_024;

/** A change that waits for a watch's consumer; what it shows is made when it is taken. */
export interface PendingChange {
  readonly revision: Revision;
  /** Bytes of the values it holds on to. */
  readonly bytes: number;
  toEvent(): WatchEvent;
}

interface PendingBatch {
  readonly revision: Revision;
  readonly changes: PendingChange[];
  bytes: number;
}

/** Changes that a watch's consumer has not taken yet, by revision. */
export class WatchBuffer {
  readonly #batches = new Deque<PendingBatch>();
  #newest: PendingBatch | undefined = undefined;
  #events = 0;
  #bytes = 0;

  /** How many changes there are. */
  get events(): number {
    return this.#events;
  }

  /** Bytes of their values. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Adds a change; tells whether it is the first of its revision. */
  push(change: PendingChange): boolean {
    let batch = this.#newest;
    const isFirst = batch?.revision !== change.revision;
    if (batch === undefined || isFirst) {
      batch = { revision: change.revision, changes: [], bytes: 0 };
      this.#batches.push(batch);
      this.#newest = batch;
    }
    batch.changes.push(change);
    batch.bytes += change.bytes;
    this.#events += 1;
    this.#bytes += change.bytes;
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
    this.#events -= batch.changes.length;
    this.#bytes -= batch.bytes;
    return { type: "events", revision: batch.revision, events: batch.changes.map((change) => change.toEvent()) };
  }

  clear(): void {
    this.#batches.clear();
    this.#newest = undefined;
    this.#events = 0;
    this.#bytes = 0;
  }
}
