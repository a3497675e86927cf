import { CompactedError, FutureRevisionError } from "../../errors.js";
import { keyBounds } from "../../key-bounds.js";
import type { KeyRange } from "../../key-range.js";
import type { Revision } from "../../key-value.js";
import { EventLog } from "./event-log.js";
import { SlotList } from "./slot-list.js";
import { type Slot, type Version, present, versionAt } from "./version.js";

/** What a range holds: the versions asked for, and how many keys there are in all. */
export interface Selection {
  readonly versions: readonly Version[];
  readonly count: number;
}

/** How a range is read. */
export interface SelectOptions {
  readonly revision?: Revision | undefined;
  readonly limit?: number | undefined;
  readonly reverse?: boolean | undefined;
}

/** Every key with its history, and the log of changes. Changes are made at `revision + 1` and then committed. */
export class Keyspace {
  readonly log: EventLog = new EventLog();
  /** The last committed revision. An empty store stands at 1, so that there is a revision to read at. */
  revision: Revision = 1;
  /** Everything up to and including this revision is gone from history. */
  compacted: Revision = 0;
  readonly #slots = new Map<string, Slot>();
  /**
   * Every key that history knows, and those that are there now: what is gone must not slow down who reads what is
   * there.
   */
  readonly #order = new SlotList();
  readonly #present = new SlotList();

  /** How many keys are known, deleted ones that history still has among them. */
  get size(): number {
    return this.#slots.size;
  }

  latest(key: string): Version | undefined {
    return present(this.#slots.get(key));
  }

  at(key: string, revision: Revision): Version | undefined {
    const slot = this.#slots.get(key);
    return slot === undefined ? undefined : versionAt(slot, revision);
  }

  /** Refuses a revision that cannot be read. */
  checkReadable(revision: Revision): void {
    if (revision <= this.compacted) throw new CompactedError(this.compacted);
    if (revision > this.revision) {
      throw new FutureRevisionError(`revision ${revision} does not exist yet; the store is at ${this.revision}`);
    }
  }

  /** The keys of a range at a revision, or as they are within the current transaction. */
  select(
    range: KeyRange,
    { revision, limit = Number.POSITIVE_INFINITY, reverse = false }: SelectOptions = {},
  ): Selection {
    if ("key" in range) {
      const version = revision === undefined ? this.latest(range.key) : this.at(range.key, revision);
      return version === undefined ? { versions: [], count: 0 } : { versions: [version], count: 1 };
    }
    const versions: Version[] = [];
    let count = 0;
    const most = reverse ? Number.POSITIVE_INFINITY : limit;
    const slots = revision === undefined ? this.#present : this.#order;
    slots.forEach(keyBounds(range), (slot) => {
      const version = revision === undefined ? present(slot) : versionAt(slot, revision);
      if (version === undefined) return;
      count += 1;
      if (versions.length < most) versions.push(version);
    });
    return { versions: reverse ? versions.reverse().slice(0, limit) : versions, count };
  }

  put(key: string, value: Uint8Array, leaseId: string | undefined): Version {
    const modRevision = this.revision + 1;
    let slot = this.#slots.get(key);
    if (slot === undefined) {
      slot = { key, latest: undefined };
      this.#slots.set(key, slot);
      this.#order.add(slot);
    }
    const prev = slot.latest;
    const before = present(slot);
    if (before === undefined) this.#present.add(slot);
    const version: Version = {
      slot,
      value: new Uint8Array(value),
      createRevision: before?.createRevision ?? modRevision,
      modRevision,
      version: (before?.version ?? 0) + 1,
      leaseId,
      prev,
    };
    slot.latest = version;
    this.log.push(version);
    return version;
  }

  /** Deletes a present key. */
  delete({ slot }: Version): Version {
    const modRevision = this.revision + 1;
    const prev = slot.latest;
    this.#present.delete(slot);
    const version: Version = {
      slot,
      value: undefined,
      createRevision: 0,
      modRevision,
      version: 0,
      leaseId: undefined,
      prev,
    };
    slot.latest = version;
    this.log.push(version);
    return version;
  }

  /** Discards history up to and including `revision`; what was present at it stays readable at later revisions. */
  compact(revision: Revision): void {
    this.compacted = revision;
    for (const version of this.log.take(revision)) {
      version.prev = undefined;
      if (version.value !== undefined || version.slot.latest !== version) continue;
      this.#slots.delete(version.slot.key);
      this.#order.delete(version.slot);
    }
  }
}
