import type { Compare, KeyValue } from "../store/index.js";

/** Whether a condition of a transaction holds for a key as it was read. */
export function holds(compare: Compare, kv: KeyValue | undefined): boolean {
  if (compare.target === "value") {
    return kv !== undefined && (compare.op === "=") === isSameBytes(kv.value, compare.value);
  }
  if (compare.target === "lease") return (compare.op === "=") === (kv?.leaseId === compare.value);
  const actual = kv?.[compare.target] ?? 0;
  switch (compare.op) {
    case "=":
      return actual === compare.value;
    case "!=":
      return actual !== compare.value;
    case "<":
      return actual < compare.value;
    case ">":
      return actual > compare.value;
  }
}

function isSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
