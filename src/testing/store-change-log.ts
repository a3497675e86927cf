import { type KeyValue, type Op, type Revision, type WatchEvent, compareKeys, inRange } from "../store/index.js";

/** A mutation that was acknowledged, and the revision it made. */
export interface AcknowledgedWrite {
  /** The revision it made. */
  readonly revision: Revision;
  /** What it did. */
  readonly ops: readonly Op[];
}

/** All changes of a store, oldest first, each with what was there before. */
export type ChangeLog = readonly { readonly revision: Revision; readonly events: readonly WatchEvent[] }[];

/**
 * Works out what acknowledged writes did to keys that were absent before them: the truth that recorded watches are
 * held against.
 *
 * @param writes - In any order; all writes to the keys in question must be there.
 *
 * @example
 * ```ts
 * import { op } from "keelson/store";
 * import { changeLog } from "keelson/testing";
 *
 * const log = changeLog([
 *   { revision: 3, ops: [op.delete({ prefix: "/" })] },
 *   { revision: 2, ops: [op.put("/a", "1"), op.put("/b", "1")] },
 * ]);
 * log.map(({ events }) => events.map(({ type, kv }) => `${type} ${kv.key}`)) // => [["put /a", "put /b"], ["delete /a", "delete /b"]]
 * ```
 */
export function changeLog(writes: readonly AcknowledgedWrite[]): ChangeLog {
  const state = new Map<string, KeyValue>();
  return [...writes]
    .sort((a, b) => a.revision - b.revision)
    .map(({ revision, ops }) => ({ revision, events: ops.flatMap((op) => apply(state, revision, op)) }))
    .filter(({ events }) => events.length > 0);
}

function apply(state: Map<string, KeyValue>, modRevision: Revision, op: Op): readonly WatchEvent[] {
  switch (op.type) {
    case "put": {
      const prev = state.get(op.key);
      const kv: KeyValue = {
        key: op.key,
        value: op.value,
        createRevision: prev?.createRevision ?? modRevision,
        modRevision,
        version: (prev?.version ?? 0) + 1,
        ...(op.lease === undefined ? {} : { leaseId: op.lease }),
      };
      state.set(op.key, kv);
      return [prev === undefined ? { type: "put", kv } : { type: "put", kv, prev }];
    }
    case "delete": {
      const gone = [...state.values()].filter(({ key }) => inRange(key, op.range));
      gone.sort((a, b) => compareKeys(a.key, b.key));
      for (const { key } of gone) state.delete(key);
      return gone.map((prev) => {
        const kv = { key: prev.key, value: new Uint8Array(0), createRevision: 0, modRevision, version: 0 };
        return { type: "delete", kv, prev };
      });
    }
    case "range":
      return [];
  }
}
