import type { Compare, KeyValue } from "keelson/store";

/** Whether a condition holds; an absent key has version and revisions 0, and no value to compare. */
export function conditionHolds(condition: Compare, kv: KeyValue | undefined): boolean {
  switch (condition.target) {
    case "value":
      return kv !== undefined && (Buffer.compare(kv.value, condition.value) === 0) === (condition.op === "=");
    case "lease":
      return (kv?.leaseId === condition.value) === (condition.op === "=");
    case "version":
    case "createRevision":
    case "modRevision": {
      const actual = kv?.[condition.target] ?? 0;
      const { op, value } = condition;
      return op === "="
        ? actual === value
        : op === "!="
          ? actual !== value
          : op === "<"
            ? actual < value
            : actual > value;
    }
  }
}
