import { type AbortRegistration, onAbort } from "../core/abort-hub.js";
import { promiseSource } from "../core/promise-hub.js";
import { shown } from "../core/check.js";
import { DISABLED, PENDING, type Source, type Waiter } from "../core/selectable.js";
import { iteratorSource } from "./iterator-source.js";
import type { Branch, Disabled } from "./select-types.js";

/**
 * The source of a branch.
 *
 * @throws TypeError when it is nothing that can be waited for.
 * @internal
 */
export function sourceOf(branch: Branch, name: string | number): Source<unknown> {
  if (isDisabled(branch)) return leftOut;
  if (typeof branch === "object" || typeof branch === "function") {
    if ("~source" in branch) return branch["~source"];
    if (branch instanceof AbortSignal) return new SignalSource(branch);
    if ("then" in branch && typeof branch.then === "function") return promiseSource(branch);
    if ("next" in branch && typeof branch.next === "function") return iteratorSource(branch);
  }
  throw new TypeError(
    `Expected the branch \`${name}\` to be a selectable, an AbortSignal, a promise, an async iterator or false, got ${shown(branch)}`,
  );
}

const leftOut: Source<never> = {
  poll: () => DISABLED,
  arm: () => undefined,
  disarm: () => undefined,
};

function isDisabled(branch: Branch): branch is Disabled {
  return branch === false || branch === null || branch === undefined;
}

/** The abort of a signal, which gives its reason. */
class SignalSource implements Source<unknown> {
  private readonly signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.signal = signal;
  }

  poll(): unknown {
    return this.signal.aborted ? this.signal.reason : PENDING;
  }

  arm(waiter: Waiter<unknown>): void {
    waiter.payload = onAbort(this.signal, {
      aborted: (reason) => {
        waiter.commit(reason);
      },
    });
  }

  disarm(waiter: Waiter<unknown>): void {
    (waiter.payload as AbortRegistration).unlink();
  }
}
