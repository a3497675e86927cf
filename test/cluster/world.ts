import type { Runtime } from "keelson/core";
import type { Hold } from "keelson/cluster";
import { type StateStore, op } from "keelson/store";

/** The runtime of a process whose clocks run at their own rate. */
export function ticking(runtime: Runtime, rate: number): Runtime {
  return {
    host: runtime.host,
    signals: runtime.signals,
    now: () => runtime.now() * rate,
    wallNow: () => runtime.wallNow() * rate,
    random: () => runtime.random(),
    id: (prefix) => runtime.id(prefix),
    timer: (ms, fn, label) => {
      const timer = runtime.timer(ms / rate, fn, label);
      return {
        reset: (again) => {
          timer.reset(again / rate);
        },
        ref: () => {
          timer.ref();
        },
        unref: () => {
          timer.unref();
        },
        [Symbol.dispose]: () => {
          timer[Symbol.dispose]();
        },
      };
    },
    sleep: (ms, options) => runtime.sleep(ms / rate, options),
    wake: (waiter) => {
      runtime.wake(waiter);
    },
    ready: (value) => runtime.ready(value),
    hasBudget: () => runtime.hasBudget(),
    real: (work) => runtime.real(work),
    yieldNow: () => runtime.yieldNow(),
    report: (error, info) => {
      runtime.report(error, info);
    },
  };
}

/** The keys of a store, in order. */
export async function keysOf(store: StateStore, prefix = ""): Promise<readonly string[]> {
  return (await store.range({ prefix }, { keysOnly: true })).kvs.map(({ key }) => key);
}

/** Whether a write that is fenced with `hold` is taken. */
export async function writes(store: StateStore, hold: Hold): Promise<boolean> {
  return (await store.txn({ if: hold.fence(), then: [op.put("/written", String(hold.token))] })).succeeded;
}
