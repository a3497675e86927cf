import type { KeyValue, Revision } from "../../key-value.js";

/** A key's place in the store: kept as long as some retained revision knows the key. */
export interface Slot {
  readonly key: string;
  /** The newest version, which may be a deletion. */
  latest: Version | undefined;
}

/**
 * A key as one revision left it. It is the entry of the event log at the same time, so that a revision of history costs
 * one object besides its value.
 */
export interface Version {
  readonly slot: Slot;
  /** Absent: the key was deleted. Never handed out, only copied. */
  readonly value: Uint8Array | undefined;
  readonly createRevision: Revision;
  readonly modRevision: Revision;
  readonly version: number;
  readonly leaseId: string | undefined;
  /** The key before that, until compaction cuts it off. */
  prev: Version | undefined;
}

/** The version of a key that held at `revision`; `undefined` where the key was absent. */
export function versionAt(slot: Slot, revision: Revision): Version | undefined {
  let version = slot.latest;
  while (version !== undefined && version.modRevision > revision) version = version.prev;
  return version?.value === undefined ? undefined : version;
}

/** The newest version, unless the key is deleted. */
export function present(slot: Slot | undefined): Version | undefined {
  const latest = slot?.latest;
  return latest?.value === undefined ? undefined : latest;
}

/** Nothing can be written into it, so that all can share it. */
const noBytes = /* @__PURE__ */ new Uint8Array(0);

/** A copy for the outside; a deletion has no value. */
export function toKeyValue(version: Version, keysOnly = false): KeyValue {
  const { slot, value, createRevision, modRevision, leaseId } = version;
  const copy = keysOnly || value === undefined ? noBytes : new Uint8Array(value);
  const [key, nth] = [slot.key, version.version];
  if (leaseId === undefined) return { key, value: copy, createRevision, modRevision, version: nth };
  return { key, value: copy, createRevision, modRevision, version: nth, leaseId };
}
