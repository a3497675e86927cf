import { checkInteger, checkName, checkObject, checkOneOf, shown } from "../core/check.js";
import type { Compare } from "./compare.js";
import { TooLargeError, UnsupportedError } from "./errors.js";
import { inRange } from "./key-bounds.js";
import { checkKey, checkRange, isKey } from "./key-check.js";
import type { KeyRange } from "./key-range.js";
import type { Op } from "./operation.js";
import type { StoreCapabilities, Txn } from "./state-store.js";

/** What of a store's capabilities limits a transaction. */
export type TxnLimits = Pick<StoreCapabilities, "maxTxnOps" | "maxValueBytes"> &
  Partial<Pick<StoreCapabilities, "leases">>;

/**
 * Refuses a transaction that no store may run: for those who write drivers.
 *
 * @remarks
 * Both branches are checked, whichever will be taken. Within one branch a put must not touch a key that another put or
 * a delete touches, so that no key changes twice in one revision.
 * @throws TypeError for a malformed key, range, condition or operation, for a field that none of these has, and for
 * overlapping writes.
 * @throws TooLargeError for too many conditions or operations, and for a value that is too long.
 * @throws UnsupportedError for a put on a lease, where there are none.
 *
 * @example
 * ```ts
 * import { checkTxn, op } from "keelson/store";
 *
 * const limits = { maxTxnOps: 128, maxValueBytes: 1_048_576 };
 * checkTxn({ then: [op.put("/a", "1"), op.delete("/b")] }, limits);
 * checkTxn({ then: [op.put("/a", "1"), op.delete("/a")] }, limits); // throws TypeError
 * ```
 */
export function checkTxn(txn: Txn, limits: TxnLimits): void {
  checkObject("txn", txn);
  const unknown = unknownName(txn, txnNames);
  if (unknown !== undefined) throw notKnown("txn", unknown, txnNames);
  if (!Array.isArray(txn.then)) {
    throw new TypeError(`Expected \`then\` to be an array of operations, got ${shown(txn.then)}`);
  }
  checkBranch(txn.then, "then", limits);
  if (txn.else !== undefined) checkBranch(txn.else, "else", limits);
  if (txn.if !== undefined) checkConditions(txn.if, limits);
}

const txnNames = ["if", "then", "else"];
const conditionNames = ["key", "target", "op", "value"];
const putNames = ["type", "key", "value", "lease"];
const deleteNames = ["type", "range", "prevKv"];
const rangeNames = ["type", "range", "limit"];

/** A name that is not among `known`: what is misspelt, and so ignored, would change what is written. */
function unknownName(value: object, known: readonly string[]): string | undefined {
  for (const name in value) if (!known.includes(name)) return name;
  return undefined;
}

function notKnown(option: string, name: string, known: readonly string[]): TypeError {
  const names = known.map((each) => `\`${each}\``).join(", ");
  return new TypeError(`Expected \`${option}\` to have nothing but ${names}, got ${shown(name)}`);
}

function namesOf({ type }: Op): readonly string[] {
  return type === "put" ? putNames : type === "delete" ? deleteNames : rangeNames;
}

function checkCount(count: number, option: string, { maxTxnOps }: TxnLimits): void {
  if (count <= maxTxnOps) return;
  throw new TooLargeError(`\`${option}\` has ${count} entries; a transaction takes ${maxTxnOps}`);
}

function checkConditions(conditions: readonly Compare[], limits: TxnLimits): void {
  checkCount(conditions.length, "if", limits);
  for (const [index, condition] of conditions.entries()) {
    const option = `if[${index}]`;
    if (Object(condition) !== condition) checkObject(option, condition);
    const unknown = unknownName(condition, conditionNames);
    if (unknown !== undefined) throw notKnown(option, unknown, conditionNames);
    checkKey(condition.key, `${option}.key`);
    switch (condition.target) {
      case "value":
        checkOneOf(`${option}.op`, condition.op, ["=", "!="]);
        checkBytes(condition.value, `${option}.value`);
        break;
      case "lease":
        checkOneOf(`${option}.op`, condition.op, ["=", "!="]);
        if (condition.value !== undefined) checkName(`${option}.value`, condition.value);
        break;
      case "version":
      case "createRevision":
      case "modRevision":
        checkOneOf(`${option}.op`, condition.op, ["=", "!=", "<", ">"]);
        if (!Number.isSafeInteger(condition.value)) {
          throw new TypeError(`Expected \`${option}.value\` to be an integer, got ${shown(condition.value)}`);
        }
        break;
      default:
        checkOneOf(`${option}.target`, (condition as Compare).target, [
          "value",
          "version",
          "createRevision",
          "modRevision",
          "lease",
        ]);
    }
  }
}

function checkBranch(ops: readonly Op[], option: string, limits: TxnLimits): void {
  checkCount(ops.length, option, limits);
  let index = 0;
  for (const op of ops) checkOp(op, option, index++, limits);
  if (ops.length > 1) checkOverlap(ops, option);
}

function checkOp(op: Op, branch: string, index: number, { maxValueBytes, leases }: TxnLimits): void {
  if (Object(op) !== op) checkObject(`${branch}[${index}]`, op);
  const unknown = unknownName(op, namesOf(op));
  switch (op.type) {
    case "put":
      // Paths are spelt out for errors only: this is called for each transaction.
      if (!isKey(op.key)) checkKey(op.key, `${branch}[${index}].key`);
      if (!(op.value instanceof Uint8Array)) checkBytes(op.value, `${branch}[${index}].value`);
      if (op.value.byteLength > maxValueBytes) {
        const { byteLength } = op.value;
        throw new TooLargeError(
          `\`${branch}[${index}].value\` has ${byteLength} bytes; a value takes ${maxValueBytes}`,
        );
      }
      if (op.lease !== undefined) {
        checkName(`${branch}[${index}].lease`, op.lease);
        if (leases === false) throw new UnsupportedError("this store has no leases");
      }
      break;
    case "delete":
      checkRange(op.range, `${branch}[${index}].range`);
      break;
    case "range":
      checkRange(op.range, `${branch}[${index}].range`);
      if (op.limit !== undefined) checkInteger(`${branch}[${index}].limit`, op.limit, 1);
      break;
    default:
      checkOneOf(`${branch}[${index}].type`, (op as Op).type, ["put", "delete", "range"]);
  }
  if (unknown !== undefined) throw notKnown(`${branch}[${index}]`, unknown, namesOf(op));
}

function checkBytes(value: Uint8Array, option: string): void {
  if (value instanceof Uint8Array) return;
  throw new TypeError(`Expected \`${option}\` to be a Uint8Array, got ${shown(value)}`);
}

function checkOverlap(ops: readonly Op[], option: string): void {
  const puts = new Set<string>();
  for (const op of ops) {
    if (op.type !== "put") continue;
    if (puts.has(op.key)) throw overlap(option, op.key);
    puts.add(op.key);
  }
  for (const op of ops) {
    if (op.type !== "delete") continue;
    const key = firstIn(puts, op.range);
    if (key !== undefined) throw overlap(option, key);
  }
}

function firstIn(keys: ReadonlySet<string>, range: KeyRange): string | undefined {
  if ("key" in range) return keys.has(range.key) ? range.key : undefined;
  for (const key of keys) if (inRange(key, range)) return key;
  return undefined;
}

function overlap(option: string, key: string): TypeError {
  return new TypeError(`Expected \`${option}\` to change each key once, got a put of ${shown(key)} and another change`);
}
