import type { AbortTarget } from "../core/abort-hub.js";
import { isAbortOf } from "../core/operation.js";
import type { Runtime } from "../core/runtime.js";
import type { Attempt, Call } from "./call.js";

/** Runs an attempt and turns what it throws into a rejection. */
export function start<T>(attempt: Attempt<T>, call: Call): Promise<T> {
  try {
    return Promise.resolve(attempt(call));
  } catch (error) {
    return Promise.reject(error);
  }
}

/**
 * Runs an attempt, and lets go of it at once when its call is given up: the promise rejects with the reason.
 *
 * @remarks What the attempt comes to after that is lost; a failure, unless it only echoes the abort, is reported.
 */
export function race<T>(runtime: Runtime, label: string, attempt: Attempt<T>, call: Call): Promise<T> {
  if (!call.isAbortable) return start(attempt, call);
  const gone = call.abandoned;
  if (gone !== undefined) return Promise.reject(gone.reason);
  return new Promise((resolve, reject) => {
    let lost: { readonly reason: unknown } | undefined;
    const target: AbortTarget = {
      aborted: (reason) => {
        lost = { reason };
        reject(reason);
      },
    };
    const place = call.onAbort(target);
    start(attempt, call).then(
      (value) => {
        place.unlink();
        resolve(value);
      },
      (error: unknown) => {
        place.unlink();
        if (lost === undefined) reject(error);
        else if (!isAbortOf(error, lost.reason)) runtime.report(error, { task: label });
      },
    );
  });
}
