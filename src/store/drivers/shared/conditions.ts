import type { Compare, Comparison } from "../../compare.js";
import type { Revision } from "../../key-value.js";

/** What of a key conditions look at. */
export interface Comparable {
  readonly value?: Uint8Array | undefined;
  readonly createRevision: Revision;
  readonly modRevision: Revision;
  readonly version: number;
  readonly leaseId?: string | undefined;
}

/** Whether a condition holds for a key as it is; `undefined` is an absent key. */
export function holds(condition: Compare, version: Comparable | undefined): boolean {
  switch (condition.target) {
    case "value": {
      if (version?.value === undefined) return false;
      return sameBytes(version.value, condition.value) === (condition.op === "=");
    }
    case "version":
    case "createRevision":
    case "modRevision":
      return compareNumbers(version?.[condition.target] ?? 0, condition.op, condition.value);
    case "lease":
      return (version?.leaseId === condition.value) === (condition.op === "=");
  }
}

function compareNumbers(actual: number, op: Comparison, expected: number): boolean {
  switch (op) {
    case "=":
      return actual === expected;
    case "!=":
      return actual !== expected;
    case "<":
      return actual < expected;
    case ">":
      return actual > expected;
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
