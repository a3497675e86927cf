import type { Compare } from "../../compare.js";
import type { KeyValue } from "../../key-value.js";
import type { Op, OpResult } from "../../operation.js";
import type { Txn } from "../../state-store.js";
import type { KeyMapping } from "./key-mapping.js";
import type { Draft, Message } from "./schema.js";

const results = { "=": 0, ">": 1, "<": 2, "!=": 3 } as const;
const targets = { version: 0, createRevision: 1, modRevision: 2, value: 3, lease: 4 } as const;

/** A transaction as etcd takes it. */
export function toEtcdTxn(
  keys: KeyMapping,
  { if: conditions = [], then, else: otherwise = [] }: Txn,
): Draft<"TxnRequest"> {
  return {
    compare: conditions.map((condition) => toEtcdCompare(keys, condition)),
    success: then.map((op) => toEtcdOp(keys, op)),
    failure: otherwise.map((op) => toEtcdOp(keys, op)),
  };
}

/** The put that a transaction is, if it is nothing else: as a call of its own it costs etcd two thirds of that. */
export function onlyPut(keys: KeyMapping, { if: conditions = [], then }: Txn): Draft<"PutRequest"> | undefined {
  const [op] = then;
  return conditions.length === 0 && then.length === 1 && op?.type === "put" ? toEtcdPut(keys, op) : undefined;
}

function toEtcdPut(
  keys: KeyMapping,
  { key, value, lease }: Extract<Op, { readonly type: "put" }>,
): Draft<"PutRequest"> {
  return { key: keys.toEtcd(key), value, lease };
}

function toEtcdCompare(keys: KeyMapping, condition: Compare): Draft<"Compare"> {
  const { target, op, value } = condition;
  return { result: results[op], target: targets[target], key: keys.toEtcd(condition.key), [target]: value };
}

function toEtcdOp(keys: KeyMapping, op: Op): Draft<"RequestOp"> {
  switch (op.type) {
    case "put":
      return { put: toEtcdPut(keys, op) };
    case "delete":
      return { delete: { ...keys.range(op.range), prevKv: op.prevKv } };
    case "range":
      return { range: { ...keys.range(op.range), limit: op.limit } };
  }
}

/** What etcd answered to one operation. */
export function fromEtcdOp(keys: KeyMapping, { range, delete: deleted }: Message<"ResponseOp">): OpResult {
  if (range !== undefined) {
    return { type: "range", kvs: fromEtcdKvs(keys, range.kvs), more: range.more, count: range.count };
  }
  if (deleted === undefined) return { type: "put" };
  return { type: "delete", deleted: deleted.deleted, prevKvs: fromEtcdKvs(keys, deleted.prevKvs) };
}

export function fromEtcdKvs(keys: KeyMapping, kvs: readonly Message<"KeyValue">[]): readonly KeyValue[] {
  return kvs.map((kv) => fromEtcdKv(keys, kv));
}

export function fromEtcdKv(keys: KeyMapping, kv: Message<"KeyValue">): KeyValue {
  const { value, createRevision, modRevision, version, lease } = kv;
  const plain = { key: keys.fromEtcd(kv.key), value, createRevision, modRevision, version };
  return lease === "" ? plain : { ...plain, leaseId: lease };
}

/** The leases that a transaction names. */
export function leasesOf({ then, else: otherwise = [] }: Txn): string {
  const leases = new Set([...then, ...otherwise].flatMap((op) => (op.type === "put" ? (op.lease ?? []) : [])));
  return [...leases].join(", ");
}
