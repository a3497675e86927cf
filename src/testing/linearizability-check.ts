import { checkInteger, checkKnown, checkNumber } from "../core/check.js";
import { type Runtime, currentRuntime } from "../core/index.js";
import type { HistoryCall, SequentialModel } from "./linearizability-model.js";
import { OrderSearch } from "./linearizability-search.js";

/** How long {@link checkLinearizable} searches before it answers `"unknown"`. */
export interface LinearizabilityOptions {
  /**
   * Milliseconds on the runtime's clock, which does not move during a check under virtual time. @defaultValue `10_000`
   */
  readonly timeoutMs?: number;
  /** Intermediate states remembered, over all partitions; each takes about 100 bytes. @defaultValue `2_000_000` */
  readonly maxStates?: number;
  /** Whose clock `timeoutMs` is on. @defaultValue `currentRuntime()` */
  readonly runtime?: Runtime;
}

/** What {@link checkLinearizable} found. */
export type Linearizability<I, O> =
  | { readonly verdict: "ok" | "unknown" }
  /** No order of these calls, all of one partition, explains their answers. */
  | { readonly verdict: "illegal"; readonly partition: string; readonly calls: readonly HistoryCall<I, O>[] };

/** Steps of one partition's search before the next one has its turn. */
const slice = 10_000;

/**
 * Tells whether a concurrent history could have come from calls that took effect one at a time, each at some instant
 * between its call and its return.
 *
 * @remarks
 * Porcupine's algorithm: Wing, Gong and Lowe's search, partition by partition. The partitions take turns in slices. It
 * is exponential at worst, above all in calls without an answer: keep a partition to some 200 calls, ten of them
 * unanswered.
 *
 * @example
 * ```ts
 * import { checkLinearizable, registerModel } from "keelson/testing";
 *
 * const write = { client: "a", input: { op: "write", key: "x", value: 1 }, output: true, calledAt: 0, returnedAt: 1 } as const;
 * const stale = { client: "b", input: { op: "read", key: "x" }, output: null, calledAt: 2, returnedAt: 3 } as const;
 * checkLinearizable([write, { ...stale, output: 1 }], registerModel) // => { verdict: "ok" }
 * checkLinearizable([write, stale], registerModel).verdict // => "illegal"
 * ```
 */
export function checkLinearizable<I, O, S>(
  history: readonly HistoryCall<I, O>[],
  model: SequentialModel<I, O, S>,
  options: LinearizabilityOptions = {},
): Linearizability<I, O> {
  const { timeoutMs = 10_000, maxStates = 2_000_000, runtime = currentRuntime() } = options;
  checkKnown("options", options, { timeoutMs, maxStates, runtime });
  checkNumber("timeoutMs", timeoutMs, 0, Number.POSITIVE_INFINITY);
  checkInteger("maxStates", maxStates, 1);
  for (const { calledAt, returnedAt } of history) {
    checkNumber("calledAt", calledAt, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
    checkNumber("returnedAt", returnedAt ?? calledAt, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
    if (returnedAt !== undefined && returnedAt < calledAt) {
      throw new RangeError(`Expected no call to return before it was made, got ${returnedAt} after ${calledAt}`);
    }
  }
  const started = runtime.now();
  let searches = partitions(history, model).map(([partition, calls]) => ({
    partition,
    calls,
    search: new OrderSearch(model.refine?.(calls) ?? model, calls),
  }));
  let states = 0;
  while (searches.length > 0) {
    const open: typeof searches = [];
    for (const each of searches) {
      const before = each.search.states;
      const isLegal = each.search.run(slice);
      states += each.search.states - before;
      if (isLegal === false) return { verdict: "illegal", partition: each.partition, calls: each.calls };
      if (isLegal === undefined) open.push(each);
      // What a finished search remembers is garbage by now.
      if (isLegal === true) states -= each.search.states;
      if (states > maxStates) return { verdict: "unknown" };
      if (isLegal === undefined && runtime.now() - started > timeoutMs) return { verdict: "unknown" };
    }
    searches = open;
  }
  return { verdict: "ok" };
}

function partitions<I, O, S>(
  history: readonly HistoryCall<I, O>[],
  model: SequentialModel<I, O, S>,
): [partition: string, calls: readonly HistoryCall<I, O>[]][] {
  const parts = new Map<string, HistoryCall<I, O>[]>();
  for (const call of history) {
    const name = model.partition?.(call.input) ?? "";
    const calls = parts.get(name) ?? [];
    if (calls.length === 0) parts.set(name, calls);
    calls.push(call);
  }
  return [...parts];
}
