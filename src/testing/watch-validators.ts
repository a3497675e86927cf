import { type KeyRange, type Revision, type WatchBatch, type WatchEvent, inRange } from "../store/index.js";
import type { ChangeLog } from "./store-change-log.js";

/** What one watch was asked for and what it delivered. */
export interface RecordedWatch {
  /** What it watched. */
  readonly range: KeyRange;
  /** The first revision it was asked for. */
  readonly from: Revision;
  /** Whether it asked for previous states. */
  readonly prevKv: boolean;
  /** What it was given, in order. */
  readonly batches: readonly WatchBatch[];
}

/** What really happened, and what the watches say happened. */
export interface WatchHistory {
  /** All changes, oldest first. */
  readonly log: ChangeLog;
  /** What each watch was given. */
  readonly watches: readonly RecordedWatch[];
}

/** The guarantees of a watch, under the names that etcd's robustness tests gave them. */
export type WatchGuarantee =
  "filter" | "ordered" | "unique" | "atomic" | "bookmarkable" | "resumable" | "isCreate" | "reliable" | "prevKv";

/** Looks for breaches of one guarantee by one watch; each is a sentence. */
type Validator = (watch: RecordedWatch, log: ChangeLog) => Iterable<string>;

const validators: Readonly<Record<WatchGuarantee, Validator>> = {
  /** Only what was asked for. */
  *filter({ range, batches }) {
    for (const event of eventsOf(batches)) {
      if (!inRange(event.kv.key, range)) yield `${show(event)} is outside the range`;
    }
  },

  /** Never back in time. */
  *ordered({ batches }) {
    let last = 0;
    for (const event of eventsOf(batches)) {
      if (event.kv.modRevision < last) yield `${show(event)} came after revision ${last}`;
      last = Math.max(last, event.kv.modRevision);
    }
  },

  /** Nothing twice. */
  *unique({ batches }) {
    const seen = new Set<string>();
    for (const event of eventsOf(batches)) {
      const id = idOf(event);
      if (seen.has(id)) yield `${show(event)} came twice`;
      seen.add(id);
    }
  },

  /** A revision is in one batch, alone and whole. */
  *atomic({ range, batches }, log) {
    const done = new Set<Revision>();
    for (const batch of batches) {
      if (batch.type !== "events") continue;
      for (const event of batch.events) {
        if (event.kv.modRevision !== batch.revision) yield `${show(event)} is in the batch of ${batch.revision}`;
      }
      if (done.has(batch.revision)) yield `revision ${batch.revision} came in several batches`;
      done.add(batch.revision);
      const there = new Set(batch.events.map(idOf));
      const missing = matching(log, range, batch.revision, batch.revision).filter((event) => !there.has(idOf(event)));
      for (const event of missing) yield `${show(event)} is missing in its batch`;
    }
  },

  /** After progress at R, everything up to R has been delivered, and nothing of it comes again. */
  *bookmarkable({ range, from, batches }, log) {
    const seen = new Set<string>();
    let bookmark = 0;
    for (const batch of batches) {
      if (batch.type === "events") {
        for (const event of batch.events) {
          if (event.kv.modRevision <= bookmark) yield `${show(event)} came after progress at ${bookmark}`;
          seen.add(idOf(event));
        }
        continue;
      }
      if (batch.revision < bookmark) yield `progress went back from ${bookmark} to ${batch.revision}`;
      bookmark = Math.max(bookmark, batch.revision);
      const missing = matching(log, range, from, bookmark).filter((event) => !seen.has(idOf(event)));
      for (const event of missing) yield `${show(event)} had not come by the progress at ${bookmark}`;
    }
  },

  /** It begins with the first matching change at or after `from`. */
  *resumable({ range, from, batches }, log) {
    const [first] = eventsOf(batches);
    if (first === undefined) return;
    if (first.kv.modRevision < from) yield `${show(first)} is older than ${from}`;
    const [expected] = matching(log, range, from, Number.POSITIVE_INFINITY);
    if (expected !== undefined && expected.kv.modRevision < first.kv.modRevision) {
      yield `${show(expected)} should have come before ${show(first)}`;
    }
  },

  /** A put looks like a creation exactly where there was nothing before. */
  *isCreate({ batches }, log) {
    const known = new Map(log.flatMap(({ events }) => events.map((event) => [idOf(event), event])));
    for (const event of eventsOf(batches)) {
      const truth = known.get(idOf(event));
      if (event.type !== "put" || truth === undefined) continue;
      const isCreate = event.kv.version === 1 && event.kv.createRevision === event.kv.modRevision;
      if (isCreate !== (truth.prev === undefined)) yield `${show(event)} is ${isCreate ? "no" : "a"} creation`;
    }
  },

  /** No gap, and nothing that never happened, from the first event to the last. */
  *reliable({ range, batches }, log) {
    const delivered = [...eventsOf(batches)];
    const revisions = delivered.map(({ kv }) => kv.modRevision);
    const expected = matching(log, range, Math.min(...revisions), Math.max(...revisions));
    const ids = new Map(delivered.map((event) => [idOf(event), event]));
    for (const event of expected) {
      const found = ids.get(idOf(event));
      if (found === undefined) yield `${show(event)} is missing`;
      else if (!sameKv(found, event)) yield `${show(found)} is not what was written`;
      ids.delete(idOf(event));
    }
    for (const event of ids.values()) if (inRange(event.kv.key, range)) yield `${show(event)} never happened`;
  },

  /** The previous state is what the key was before, where asked for. */
  *prevKv({ prevKv, batches }, log) {
    const known = new Map(log.flatMap(({ events }) => events.map((event) => [idOf(event), event])));
    for (const event of eventsOf(batches)) {
      const expected = prevKv ? known.get(idOf(event))?.prev : undefined;
      const same =
        expected === undefined ? event.prev === undefined : event.prev !== undefined && sameState(event.prev, expected);
      if (!same) yield `${show(event)} came with a wrong previous state`;
    }
  },
};

/**
 * Checks recorded watches against what really happened: etcd's nine guarantees, as pure functions.
 *
 * @returns For each guarantee that was broken, how: one sentence a breach.
 *
 * @example
 * ```ts
 * import { changeLog, validateWatches } from "keelson/testing";
 *
 * const log = changeLog([{ revision: 2, ops: [{ type: "put", key: "/a", value: new Uint8Array(0) }] }]);
 * const batches = log.map(({ revision, events }) => ({ type: "events", revision, events }) as const);
 * const watch = { range: { prefix: "/" }, from: 2, prevKv: false };
 * validateWatches({ log, watches: [{ ...watch, batches }] }) // => {}
 * const twice = { ...watch, batches: [...batches, ...batches] };
 * Object.keys(validateWatches({ log, watches: [twice] })) // => ["unique", "atomic"]
 * ```
 */
export function validateWatches({
  log,
  watches,
}: WatchHistory): Readonly<Partial<Record<WatchGuarantee, readonly string[]>>> {
  const breaches = Object.entries(validators).map(([guarantee, validator]) => {
    const found = watches.flatMap((watch, index) =>
      [...validator(watch, log)].map((breach) => `watch ${index}: ${breach}`),
    );
    return [guarantee, found] as const;
  });
  return Object.fromEntries(breaches.filter(([, found]) => found.length > 0));
}

function* eventsOf(batches: readonly WatchBatch[]): Generator<WatchEvent> {
  for (const batch of batches) if (batch.type === "events") yield* batch.events;
}

/** What a watch of the range should show of the revisions `from` to `to`. */
function matching(log: ChangeLog, range: KeyRange, from: Revision, to: Revision): readonly WatchEvent[] {
  return log
    .filter(({ revision }) => revision >= from && revision <= to)
    .flatMap(({ events }) => events.filter((event) => inRange(event.kv.key, range)));
}

function idOf({ kv }: WatchEvent): string {
  return `${kv.modRevision} ${kv.key}`;
}

function show({ type, kv }: WatchEvent): string {
  return `${type} of ${JSON.stringify(kv.key)} at ${kv.modRevision}`;
}

function sameKv(a: WatchEvent, b: WatchEvent): boolean {
  return a.type === b.type && (a.type === "delete" || sameState(a.kv, b.kv));
}

function sameState(a: WatchEvent["kv"], b: WatchEvent["kv"]): boolean {
  return (
    a.key === b.key &&
    a.createRevision === b.createRevision &&
    a.modRevision === b.modRevision &&
    a.version === b.version &&
    a.leaseId === b.leaseId &&
    a.value.length === b.value.length &&
    a.value.every((byte, index) => byte === b.value[index])
  );
}
