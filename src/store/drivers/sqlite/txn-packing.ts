import type { Compare } from "../../compare.js";
import type { Revision } from "../../key-value.js";
import type { Op, OpResult } from "../../operation.js";
import type { Txn, TxnResult } from "../../state-store.js";

/**
 * A transaction as it crosses to the other thread. In arrays, and what is most common without a name: names of
 * properties would cross each time, and take longer than all else.
 */
export type PackedTxn = readonly [
  ops: readonly PackedOp[],
  conditions?: readonly Compare[],
  otherwise?: readonly PackedOp[],
];

type Put = Extract<Op, { readonly type: "put" }>;
type PackedOp = readonly [key: string, value: Uint8Array, lease?: string] | Exclude<Op, Put>;

/** What a transaction answered, as it crosses. */
export type PackedResult = readonly [succeeded: boolean, revision: Revision, results: readonly PackedOpResult[]];

/** A put answers nothing. */
type PackedOpResult = null | Exclude<OpResult, { readonly type: "put" }>;

/** Packs a copy: what was handed in may change before it leaves. */
export function packTxn({ if: conditions = [], then, else: otherwise = [] }: Txn): PackedTxn {
  const packed = then.map(packOp);
  if (conditions.length === 0 && otherwise.length === 0) return [packed];
  return [packed, conditions.map(withOwnMemory), otherwise.map(packOp)];
}

export function unpackTxn([then, conditions = [], otherwise = []]: PackedTxn): Txn {
  return { if: conditions, then: then.map(unpackOp), else: otherwise.map(unpackOp) };
}

/** How many bytes the values of its puts have. */
export function bytesOf([then]: PackedTxn): number {
  let bytes = 0;
  for (const op of then) if (!("type" in op)) bytes += op[1].length;
  return bytes;
}

export function packResult({ succeeded, revision, results }: TxnResult): PackedResult {
  return [succeeded, revision, results.map((result) => (result.type === "put" ? null : result))];
}

export function unpackResult([succeeded, revision, results]: PackedResult): TxnResult {
  return { succeeded, revision, results: results.map((result) => result ?? { type: "put" }) };
}

function packOp(op: Op): PackedOp {
  if (op.type !== "put") return op;
  const { key, value, lease } = op;
  return lease === undefined ? [key, ownMemory(value)] : [key, ownMemory(value), lease];
}

function unpackOp(packed: PackedOp): Op {
  if ("type" in packed) return packed;
  const [key, value, lease] = packed;
  return lease === undefined ? { type: "put", key, value } : { type: "put", key, value, lease };
}

function withOwnMemory(condition: Compare): Compare {
  return condition.target === "value" ? { ...condition, value: ownMemory(condition.value) } : condition;
}

/** Of a part of a larger buffer, all of it would cross. */
function ownMemory(bytes: Uint8Array): Uint8Array {
  return bytes.length === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}
