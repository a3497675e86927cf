import { type Runtime, currentRuntime } from "../core/index.js";
import type { GetOptions, KeyRange, RangeOptions, Revision, StateStore, Txn, WatchOptions } from "../store/index.js";

/** What came of a recorded call; a watch stays pending. */
export type RecordedOutcome =
  | { readonly kind: "pending" }
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "error"; readonly error: unknown };

/** What was called: the method and its arguments; signals are left out. */
export type StoreRequest =
  | { readonly method: "get"; readonly key: string; readonly options: Omit<GetOptions, "signal"> }
  | { readonly method: "range"; readonly range: KeyRange; readonly options: Omit<RangeOptions, "signal"> }
  | { readonly method: "txn"; readonly txn: Txn }
  | { readonly method: "watch"; readonly range: KeyRange; readonly options: Omit<WatchOptions, "signal"> }
  | { readonly method: "grantLease"; readonly ttlMs: number }
  | { readonly method: "compact"; readonly revision: Revision }
  | { readonly method: "health" }
  | { readonly method: "close" };

/** One call of a recorded store. */
export interface RecordedCall {
  /** What was asked. */
  readonly request: StoreRequest;
  /** When, on the runtime's monotonic clock. */
  readonly calledAt: number;
  /** When the answer came. */
  readonly returnedAt?: number;
  /** The answer. */
  readonly outcome: RecordedOutcome;
}

/** A store that remembers its calls. */
export interface RecordedStore extends StateStore {
  /** The calls so far, in the order in which they were made. */
  readonly calls: readonly RecordedCall[];
  /** The transactions that were made, in order. */
  readonly txns: readonly Txn[];
  /** Forgets the calls so far. */
  forget(): void;
}

/**
 * Remembers what is asked of a store and what it answers, in order.
 *
 * @remarks The calls are plain data: compare them in a test, or run them again with {@link replayCalls}.
 *
 * @example
 * ```ts
 * import { put } from "keelson/store";
 * import { memoryStore } from "keelson/store/memory";
 * import { recordStore } from "keelson/testing";
 *
 * const store = recordStore(memoryStore());
 * await put(store, "/plan", "v1");
 * store.calls.map(({ request, outcome }) => [request.method, outcome.kind]) // => [["txn", "value"]]
 * store.txns[0]?.then.map((op) => op.type) // => ["put"]
 * ```
 */
export function recordStore(
  store: StateStore,
  { runtime = currentRuntime() }: { readonly runtime?: Runtime } = {},
): RecordedStore {
  const calls: RecordedCall[] = [];
  const record = async <T>(request: StoreRequest, call: () => Promise<T>): Promise<T> => {
    const entry = { request, calledAt: runtime.now(), outcome: { kind: "pending" } };
    const settled = (outcome: RecordedOutcome): void => {
      Object.assign(entry, { outcome, returnedAt: runtime.now() });
    };
    calls.push(entry as RecordedCall);
    try {
      const value = await call();
      settled({ kind: "value", value });
      return value;
    } catch (error) {
      settled({ kind: "error", error });
      throw error;
    }
  };
  return {
    get calls() {
      return calls;
    },
    get txns() {
      return calls.flatMap(({ request }) => (request.method === "txn" ? [request.txn] : []));
    },
    forget: () => {
      calls.length = 0;
    },
    capabilities: store.capabilities,
    events: store.events,
    get: (key, options = {}) =>
      record({ method: "get", key, options: unsigned(options) }, () => store.get(key, options)),
    range: (range, options = {}) =>
      record({ method: "range", range, options: unsigned(options) }, () => store.range(range, options)),
    txn: (txn, options) => record({ method: "txn", txn }, () => store.txn(txn, options)),
    watch: (range, options = {}) => {
      const request: StoreRequest = { method: "watch", range, options: unsigned(options) };
      calls.push({ request, calledAt: runtime.now(), outcome: { kind: "pending" } });
      return store.watch(range, options);
    },
    grantLease: (ttlMs, options) => record({ method: "grantLease", ttlMs }, () => store.grantLease(ttlMs, options)),
    compact: (revision) => record({ method: "compact", revision }, () => store.compact(revision)),
    health: () => record({ method: "health" }, () => store.health()),
    close: () => record({ method: "close" }, () => store.close()),
  };
}

function unsigned<T extends { readonly signal?: AbortSignal | undefined }>({
  signal: _signal,
  ...rest
}: T): Omit<T, "signal"> {
  return rest;
}

/**
 * Makes recorded reads, transactions and compactions again, one after the other, on another store; answers what came of
 * them, in order.
 *
 * @remarks Watches, leases, health and closing are left out: their effect is not in their arguments.
 *
 * @example
 * ```ts
 * import { put } from "keelson/store";
 * import { memoryStore } from "keelson/store/memory";
 * import { recordStore, replayCalls } from "keelson/testing";
 *
 * const recorded = recordStore(memoryStore());
 * await put(recorded, "/plan", "v1");
 * await recorded.get("/plan");
 * const outcomes = await replayCalls(recorded.calls, memoryStore());
 * outcomes // => recorded.calls.map(({ outcome }) => outcome)
 * ```
 */
export async function replayCalls(
  calls: readonly RecordedCall[],
  store: StateStore,
): Promise<readonly RecordedOutcome[]> {
  const outcomes: RecordedOutcome[] = [];
  for (const { request } of calls) {
    const call = repeatable(request, store);
    if (call === undefined) continue;
    try {
      outcomes.push({ kind: "value", value: await call() });
    } catch (error) {
      outcomes.push({ kind: "error", error });
    }
  }
  return outcomes;
}

function repeatable(request: StoreRequest, store: StateStore): (() => Promise<unknown>) | undefined {
  switch (request.method) {
    case "get":
      return () => store.get(request.key, request.options);
    case "range":
      return () => store.range(request.range, request.options);
    case "txn":
      return () => store.txn(request.txn);
    case "compact":
      return () => store.compact(request.revision);
    case "watch":
    case "grantLease":
    case "health":
    case "close":
      return undefined;
  }
}
