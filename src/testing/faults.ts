import { type Runtime, currentRuntime, toMs } from "../core/index.js";
import {
  AmbiguousResultError,
  NotAppliedError,
  type StateStore,
  StoreUnavailableError,
  type WatchBatch,
  wrapStore,
} from "../store/index.js";
import { checkKnown } from "../core/check.js";
import { checkStoreFaults } from "./check-store-faults.js";
import type { CallFault, FaultTarget, FaultyMethod, LeaseFault, StoreFault, WatchFault } from "./faults-plan.js";
import { faultyLease } from "./faulty-lease.js";

const mutations: ReadonlySet<FaultyMethod> = new Set<FaultyMethod>([
  "txn",
  "grantLease",
  "keepAlive",
  "revoke",
  "compact",
]);

/** Counts what can be struck, and decides what is. */
class FaultPlan {
  readonly runtime: Runtime;
  readonly #faults: readonly StoreFault[];
  readonly #counts = new Map<string, number>();

  constructor(runtime: Runtime, faults: readonly StoreFault[]) {
    checkStoreFaults(faults);
    this.runtime = runtime;
    this.#faults = faults;
  }

  /** The faults that strike the next call of a method. Each counts the calls it is about. */
  forCall(method: FaultyMethod): readonly CallFault[] {
    const every = this.#count("call");
    const own = this.#count(`call ${method}`);
    return this.#faults.filter(
      (fault): fault is CallFault =>
        (fault.kind === "latency" || fault.kind === "failBefore" || fault.kind === "failAfter") &&
        (fault.method === undefined || fault.method === method) &&
        this.#strikes(fault, fault.method === undefined ? every : own),
    );
  }

  forBatch(): readonly WatchFault[] {
    const number = this.#count("batch");
    return this.#faults.filter(
      (fault): fault is WatchFault =>
        (fault.kind === "watchGap" || fault.kind === "watchDuplicate") && this.#strikes(fault, number),
    );
  }

  forLease(): readonly LeaseFault[] {
    const number = this.#count("lease");
    return this.#faults.filter(
      (fault): fault is LeaseFault => fault.kind === "leaseLoss" && this.#strikes(fault, number),
    );
  }

  #count(of: string): number {
    const count = (this.#counts.get(of) ?? 0) + 1;
    this.#counts.set(of, count);
    return count;
  }

  #strikes({ nth, chance = 1 }: FaultTarget, number: number): boolean {
    if (nth !== undefined && !nth.includes(number)) return false;
    return chance >= 1 || this.runtime.random() < chance;
  }
}

/**
 * A store that fails as the plan says: late, before or after doing what it was asked, with watches that skip or
 * repeat, with leases that go too early.
 *
 * @remarks
 * A mutation that fails before it was made rejects with `NotAppliedError`, after that with `AmbiguousResultError`; a
 * read rejects with `StoreUnavailableError` either way. `watchGap`, `watchDuplicate` and `leaseLoss` break the store's
 * guarantees on purpose: they show whether a test, or what it tests, would notice. A lease counts its deadline by the
 * answers it gets, so one whose keep-alive failed after it was made ends on this side while the store still holds it.
 *
 * @example
 * ```ts
 * import { AmbiguousResultError, put } from "keelson/store";
 * import { memoryStore } from "keelson/store/memory";
 * import { withFaults } from "keelson/testing";
 *
 * const store = withFaults(memoryStore(), [{ kind: "failAfter", method: "txn", nth: [1] }]);
 * await put(store, "/plan", "v1"); // throws AmbiguousResultError
 * const { kv } = await store.get("/plan");
 * kv?.version // => 1
 * ```
 */
export function withFaults(
  store: StateStore,
  faults: readonly StoreFault[],
  options: { readonly runtime?: Runtime } = {},
): StateStore {
  checkKnown("options", options, { runtime: true });
  const { runtime = currentRuntime() } = options;
  const plan = new FaultPlan(runtime, faults);
  const call = async <T>(method: FaultyMethod, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> => {
    const struck = plan.forCall(method);
    for (const { kind, delay = 0 } of struck) {
      if (kind === "latency") await runtime.sleep(toMs(delay, "delay"), { signal });
    }
    if (struck.some(({ kind }) => kind === "failBefore")) throw failure(method, "before");
    const value = await work();
    if (struck.some(({ kind }) => kind === "failAfter")) throw failure(method, "after");
    return value;
  };
  return wrapStore(store, {
    get: (key, options) => call("get", options?.signal, () => store.get(key, options)),
    range: (range, options) => call("range", options?.signal, () => store.range(range, options)),
    txn: (txn, options) => call("txn", options?.signal, () => store.txn(txn, options)),
    watch: (range, options) => struckWatch(store.watch(range, options), plan),
    grantLease: (ttlMs, options) =>
      call("grantLease", options?.signal, async () => {
        const sentAt = runtime.now();
        const { lease, drop } = faultyLease(runtime, await store.grantLease(ttlMs, options), sentAt, call);
        for (const { after } of plan.forLease()) {
          runtime.timer(toMs(after, "after"), drop, "planned lease loss").unref();
        }
        return lease;
      }),
    compact: (revision) => call("compact", undefined, () => store.compact(revision)),
  });
}

function failure(method: FaultyMethod, when: "before" | "after"): Error {
  const what = `${method} failed ${when} it was made, as planned`;
  if (!mutations.has(method)) return new StoreUnavailableError(what);
  return when === "before" ? new NotAppliedError(what) : new AmbiguousResultError(what);
}

function struckWatch(watch: AsyncIterable<WatchBatch>, plan: FaultPlan): AsyncIterable<WatchBatch> {
  return {
    [Symbol.asyncIterator]() {
      const inner = watch[Symbol.asyncIterator]();
      const repeats: IteratorResult<WatchBatch>[] = [];
      return {
        async next() {
          const repeated = repeats.pop();
          if (repeated !== undefined) return repeated;
          for (;;) {
            const result = await inner.next();
            if (result.done === true || result.value.type === "progress") return result;
            const struck = plan.forBatch();
            if (struck.some(({ kind }) => kind === "watchGap")) continue;
            if (struck.length > 0) repeats.push(result);
            return result;
          }
        },
        return: async () => (await inner.return?.()) ?? { done: true, value: undefined },
      };
    },
  };
}
