import type { KeyRange } from "../../key-range.js";
import type { Op, OpResult } from "../../operation.js";
import type { Txn } from "../../state-store.js";
import { holds } from "../shared/conditions.js";
import type { Keyspace } from "./keyspace.js";
import type { LeaseTable } from "./lease-table.js";
import { toKeyValue } from "./version.js";

/** What a transaction answers, but for the revision. */
export interface Outcome {
  readonly succeeded: boolean;
  readonly results: readonly OpResult[];
}

/** Runs a checked transaction at the keyspace's next revision; what can be refused is refused before any change. */
export function runTxn(keyspace: Keyspace, leases: LeaseTable, txn: Txn): Outcome {
  const succeeded = txn.if?.every((condition) => holds(condition, keyspace.latest(condition.key))) ?? true;
  const ops = succeeded ? txn.then : (txn.else ?? []);
  for (const op of ops) if (op.type === "put" && op.lease !== undefined) leases.check(op.lease);
  return { succeeded, results: ops.map((op) => run(keyspace, leases, op)) };
}

function run(keyspace: Keyspace, leases: LeaseTable, op: Op): OpResult {
  switch (op.type) {
    case "put": {
      const version = keyspace.put(op.key, op.value, op.lease);
      if (version.prev !== undefined) leases.detach(version.prev);
      leases.attach(version);
      return { type: "put" };
    }
    case "delete":
      return remove(keyspace, leases, op.range, op.prevKv === true);
    case "range": {
      const { versions, count } = keyspace.select(op.range, { limit: op.limit });
      const kvs = versions.map((version) => toKeyValue(version));
      return { type: "range", kvs, more: count > kvs.length, count };
    }
  }
}

function remove(keyspace: Keyspace, leases: LeaseTable, range: KeyRange, prevKv: boolean): OpResult {
  const { versions } = keyspace.select(range);
  for (const version of versions) {
    keyspace.delete(version);
    leases.detach(version);
  }
  const prevKvs = prevKv ? versions.map((version) => toKeyValue(version)) : [];
  return { type: "delete", deleted: versions.length, prevKvs };
}
