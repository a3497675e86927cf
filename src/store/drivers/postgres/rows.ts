import type { KeyValue, Revision } from "../../key-value.js";
import type { WatchEvent } from "../../watch-batch.js";
import type { Reach } from "../shared/backend.js";
import { toKey } from "../shared/key-bytes.js";

/** A row of an answer, by column; numbers of 64 bits come as text. */
export type Row = Readonly<Record<string, unknown>>;

/** Which store answered, and how far it reaches. */
export interface StoreReach extends Reach {
  readonly store: string;
}

export function toReach({ store, reached, compacted }: Row): StoreReach {
  return { store: String(store), revision: Number(reached), compacted: Number(compacted) };
}

/** The key of a row; `undefined` where the row has none, or a deletion. */
export function toPresent(row: Row | undefined): KeyValue | undefined {
  return row?.["value"] instanceof Uint8Array ? toKeyValue(row) : undefined;
}

export function toKeyValue({ key, value, created, modified, version, lease }: Row): KeyValue {
  const kv = {
    key: toKey(key as Uint8Array),
    value: new Uint8Array((value as Uint8Array | null) ?? []),
    createRevision: Number(created),
    modRevision: Number(modified),
    version: Number(version),
  };
  return typeof lease === "string" ? { ...kv, leaseId: lease } : kv;
}

export function revisionOf({ modified }: Row): Revision {
  return Number(modified);
}

/** A row of the log as a change; the previous state has columns of its own. */
export function toEvent(row: Row): WatchEvent {
  const type = row["value"] === null ? "delete" : "put";
  const kv = toKeyValue(row);
  if (!(row["prev_value"] instanceof Uint8Array)) return { type, kv };
  const prev = toKeyValue({
    key: row["key"],
    value: row["prev_value"],
    created: row["prev_created"],
    modified: row["prev_modified"],
    version: row["prev_version"],
    lease: row["prev_lease"],
  });
  return { type, kv, prev };
}
