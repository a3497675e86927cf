import { afterEach, beforeEach } from "vitest";
import { type VirtualTime, virtualTime } from "keelson/testing";

/** A clock in the test's hands, a fresh one for each test of the file. */
export function eachInVirtualTime(): { readonly current: VirtualTime } {
  let time: VirtualTime | undefined;
  beforeEach(() => {
    time = virtualTime();
  });
  afterEach(() => {
    time?.[Symbol.dispose]();
  });
  return {
    get current() {
      if (time === undefined) throw new Error("only within a test");
      return time;
    },
  };
}

/** What a promise came to: `["ok", value]` or `["failed", error]`; never rejects. */
export function outcome<T>(promise: Promise<T>): Promise<readonly ["ok", T] | readonly ["failed", unknown]> {
  return promise.then(
    (value) => ["ok", value] as const,
    (error: unknown) => ["failed", error] as const,
  );
}

/** A promise that never settles, but for its signal's abort. */
export function untilAborted({ signal }: { readonly signal: AbortSignal }): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => {
      reject(signal.reason as Error);
    });
  });
}
