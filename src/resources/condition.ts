/** One aspect of an object that holds, does not, or is not known. */
export interface Condition {
  /** Which aspect, such as `"Ready"`. */
  readonly type: string;
  /** Whether it holds. */
  readonly status: "True" | "False" | "Unknown";
  /** Why, as one CamelCase word for programs. */
  readonly reason: string;
  /** Why, as a sentence for people. */
  readonly message: string;
  /** The generation it was computed from. */
  readonly observedGeneration?: number;
  /** When `status` last changed: ISO 8601, UTC. */
  readonly lastTransitionTime: string;
}

/**
 * The condition of a type, if there is one.
 *
 * @example
 * ```ts
 * import { findCondition } from "keelson/resources";
 *
 * findCondition([], "Ready") // => undefined
 * ```
 */
export function findCondition(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/**
 * Whether the condition of a type holds: neither `False`, nor `Unknown`, nor absent.
 *
 * @example
 * ```ts
 * import { isConditionTrue, setCondition } from "keelson/resources";
 *
 * const conditions = setCondition([], { type: "Ready", status: "True", reason: "Probed", message: "" }, new Date(0));
 * isConditionTrue(conditions, "Ready") // => true
 * isConditionTrue(conditions, "Available") // => false
 * ```
 */
export function isConditionTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return findCondition(conditions, type)?.status === "True";
}

/**
 * The conditions with this one in the place of that of its type, or added at the end; the list given stays unchanged.
 *
 * @remarks
 * `lastTransitionTime` moves to `now` only when `status` is another than before: a controller may set the same
 * condition at each run, and the status it writes stays the same.
 *
 * @example
 * ```ts
 * import { setCondition } from "keelson/resources";
 *
 * const ready = { type: "Ready", status: "True", reason: "Probed", message: "all probes pass" } as const;
 * const first = setCondition([], ready, new Date("2030-01-01"));
 * const later = setCondition(first, ready, new Date("2030-01-02"));
 * later[0]?.lastTransitionTime // => "2030-01-01T00:00:00.000Z"
 * ```
 */
export function setCondition(
  conditions: readonly Condition[] | undefined,
  condition: Omit<Condition, "lastTransitionTime">,
  now: Date,
): readonly Condition[] {
  return mergeConditions(conditions ?? [], [{ ...condition, lastTransitionTime: now.toISOString() }]);
}

/**
 * Conditions merged by type; one whose status stays keeps its time.
 *
 * @internal
 */
export function mergeConditions(conditions: readonly Condition[], changes: readonly Condition[]): readonly Condition[] {
  const merged = new Map(conditions.map((condition) => [condition.type, condition]));
  for (const change of changes) {
    const before = merged.get(change.type);
    const since = before?.status === change.status ? before.lastTransitionTime : change.lastTransitionTime;
    merged.set(change.type, { ...change, lastTransitionTime: since });
  }
  return [...merged.values()];
}
