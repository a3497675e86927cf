import { shown } from "../core/check.js";
import type { KeyRange } from "./key-range.js";
import type { KeyValue } from "./key-value.js";

/** One step of a transaction. */
export type Op =
  | { readonly type: "put"; readonly key: string; readonly value: Uint8Array; readonly lease?: string }
  | { readonly type: "delete"; readonly range: KeyRange; readonly prevKv?: boolean }
  | { readonly type: "range"; readonly range: KeyRange; readonly limit?: number };

/** What one step of a transaction answered. */
export type OpResult =
  | { readonly type: "put" }
  | { readonly type: "delete"; readonly deleted: number; readonly prevKvs: readonly KeyValue[] }
  | { readonly type: "range"; readonly kvs: readonly KeyValue[]; readonly more: boolean; readonly count: number };

const encoder = /* @__PURE__ */ new TextEncoder();

function put(key: string, value: Uint8Array | string, options: { readonly lease?: string } = {}): Op {
  return { type: "put", key, value: bytesOf(value), ...options };
}

function bytesOf(value: Uint8Array | string): Uint8Array {
  if (typeof value === "string") return encoder.encode(value);
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`Expected \`value\` to be a string or a Uint8Array, got ${shown(value)}`);
}

function remove(range: KeyRange | string, options: { readonly prevKv?: boolean } = {}): Op {
  return { type: "delete", range: typeof range === "string" ? { key: range } : range, ...options };
}

function range(over: KeyRange, options: { readonly limit?: number } = {}): Op {
  return { type: "range", range: over, ...options };
}

/**
 * Builds the steps of a transaction: `op.put(key, value)`, `op.delete(keyOrRange)`, `op.range(range)`.
 *
 * @remarks A string value is stored as UTF-8. A put without a lease takes the key off the lease it was on.
 *
 * @example
 * ```ts
 * import { op } from "keelson/store";
 *
 * op.delete("/plan") // => { type: "delete", range: { key: "/plan" } }
 * ```
 */
export const op: {
  /** Stores a value under a key. */
  readonly put: (key: string, value: Uint8Array | string, options?: { readonly lease?: string }) => Op;
  /** Removes a key, or all keys of a range. */
  readonly delete: (range: KeyRange | string, options?: { readonly prevKv?: boolean }) => Op;
  /** Reads a range as the transaction sees it at that step. */
  readonly range: (range: KeyRange, options?: { readonly limit?: number }) => Op;
} = { put, delete: remove, range };
