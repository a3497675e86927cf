import { LeaseNotFoundError } from "../../errors.js";
import type { KeyRange } from "../../key-range.js";
import type { KeyValue } from "../../key-value.js";
import type { Op, OpResult } from "../../operation.js";
import type { Txn, TxnResult } from "../../state-store.js";
import { byteBounds } from "../shared/key-bytes.js";
import { type Row, toKeyValue } from "./rows.js";

/** Transactions as the function `txn` takes them: what to do as JSON, and all values in one piece. */
export interface TxnBatch {
  readonly json: string;
  readonly bytes: Uint8Array;
}

/** Writes transactions down. Keys are in hexadecimal, since bounds may hold what JSON in Postgres can't. */
export function encodeBatch(txns: readonly Txn[]): TxnBatch {
  const values: Uint8Array[] = [];
  let at = 0;
  const place = (value: Uint8Array): { readonly at: number; readonly size: number } => {
    const placed = { at, size: value.length };
    values.push(value);
    at += value.length;
    return placed;
  };
  const encodeOp = (op: Op): object => {
    switch (op.type) {
      case "put":
        return { type: "put", key: hex(op.key), lease: op.lease, ...place(op.value) };
      case "delete":
        return { type: "delete", ...hexBounds(op.range), prevKv: op.prevKv === true };
      case "range":
        return { type: "range", ...hexBounds(op.range), limit: op.limit };
    }
  };
  const encoded = txns.map((txn) => ({
    if: (txn.if ?? []).map((condition) => {
      const key = hex(condition.key);
      return condition.target === "value"
        ? { key, target: condition.target, op: condition.op, ...place(condition.value) }
        : { ...condition, key };
    }),
    then: txn.then.map(encodeOp),
    else: (txn.else ?? []).map(encodeOp),
  }));
  return { json: JSON.stringify(encoded), bytes: Buffer.concat(values, at) };
}

/** Reads what the function answered: for each transaction its result, or the error with which it was refused. */
export function decodeBatch(txns: readonly Txn[], rows: readonly Row[]): readonly (TxnResult | LeaseNotFoundError)[] {
  const kvs = txns.map(() => new Map<number, KeyValue[]>());
  const counts = txns.map(() => new Map<number, number>());
  const results: (TxnResult | LeaseNotFoundError)[] = [];
  for (const row of rows) {
    const [nr, op] = [row["txn"] as number, row["op"] as number];
    const txn = txns[nr];
    if (txn === undefined) continue;
    switch (row["kind"]) {
      case "kv":
        listAt(kvs[nr], op).push(toKeyValue(row));
        break;
      case "count":
        counts[nr]?.set(op, Number(row["created"]));
        break;
      case "lease":
        results[nr] = new LeaseNotFoundError(String(row["lease"]));
        break;
      case "done": {
        const succeeded = Number(row["modified"]) === 1;
        const ops = succeeded ? txn.then : (txn.else ?? []);
        const answered = ops.map((each, index) =>
          toResult(each, kvs[nr]?.get(index) ?? [], counts[nr]?.get(index) ?? 0),
        );
        results[nr] = { succeeded, revision: Number(row["created"]), results: answered };
      }
    }
  }
  return results;
}

function listAt<T>(lists: Map<number, T[]> | undefined, index: number): T[] {
  const list = lists?.get(index) ?? [];
  lists?.set(index, list);
  return list;
}

function toResult(op: Op, kvs: readonly KeyValue[], count: number): OpResult {
  switch (op.type) {
    case "put":
      return { type: "put" };
    case "delete":
      return { type: "delete", deleted: count, prevKvs: kvs };
    case "range":
      return { type: "range", kvs, more: count > kvs.length, count };
  }
}

function hex(key: string): string {
  return Buffer.from(key).toString("hex");
}

function hexBounds(range: KeyRange): { readonly key: string; readonly end: string } {
  const [start, end] = byteBounds(range);
  return { key: Buffer.from(start).toString("hex"), end: Buffer.from(end).toString("hex") };
}
