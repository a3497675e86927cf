import { type StateStore, type Txn, type TxnResult, wrapStore } from "keelson/store";

/** A store whose next answers are in the test's hands. */
export interface FaultyStore {
  readonly store: StateStore;
  /** Runs in place of the next transaction; `run` is the transaction itself. */
  nextTxn(fault: (run: () => Promise<TxnResult>, txn: Txn) => Promise<TxnResult>): void;
  /** The next range read fails with this. */
  nextRange(error: unknown): void;
  /** Watches that are under way end with this. */
  breakWatches(error: unknown): void;
  /** The next watch fails with this as it starts. */
  nextWatch(error: unknown): void;
  /** What was called, in order. */
  readonly calls: string[];
}

export function faultyStore(inner: StateStore): FaultyStore {
  const txns: ((run: () => Promise<TxnResult>, txn: Txn) => Promise<TxnResult>)[] = [];
  const ranges: unknown[] = [];
  const watches: unknown[] = [];
  const open = new Set<AbortController>();
  const calls: string[] = [];
  const store = wrapStore(inner, {
    get(key, options) {
      calls.push("get");
      return inner.get(key, options);
    },
    range(range, options) {
      calls.push("range");
      return ranges.length > 0 ? Promise.reject(ranges.shift()) : inner.range(range, options);
    },
    txn(txn, options) {
      calls.push("txn");
      const run = (): Promise<TxnResult> => inner.txn(txn, options);
      return txns.shift()?.(run, txn) ?? run();
    },
    watch(range, options = {}) {
      calls.push("watch");
      const breaker = new AbortController();
      open.add(breaker);
      if (watches.length > 0) breaker.abort(watches.shift());
      const signals = [breaker.signal, ...(options.signal === undefined ? [] : [options.signal])];
      return inner.watch(range, { ...options, signal: AbortSignal.any(signals) });
    },
  });
  return {
    store,
    calls,
    nextTxn: (fault) => void txns.push(fault),
    nextRange: (error) => void ranges.push(error),
    nextWatch: (error) => void watches.push(error),
    breakWatches(error) {
      for (const breaker of open) breaker.abort(error);
      open.clear();
    },
  };
}
