import { onAbort } from "../../../core/abort-hub.js";
import { AmbiguousResultError } from "../../errors.js";
import type { CallOptions } from "../shared/backend.js";

/** What a call answers, unless its signal aborts first: then its reason. The call itself goes on. */
export function unlessAborted<T>(call: Promise<T>, { signal }: CallOptions): Promise<T> {
  return untilAbort(call, signal, (reason) => reason);
}

/** The same for a change that has been sent: whether it will be applied is unknown. */
export function unlessAbortedWriting<T>(call: Promise<T>, { signal }: CallOptions): Promise<T> {
  return untilAbort(
    call,
    signal,
    (cause) => new AmbiguousResultError("the call was aborted while it was under way", { cause }),
  );
}

function untilAbort<T>(
  call: Promise<T>,
  signal: AbortSignal | undefined,
  toError: (reason: unknown) => unknown,
): Promise<T> {
  if (signal === undefined) return call;
  return new Promise((resolve, reject) => {
    const registration = onAbort(signal, {
      aborted: (reason) => {
        reject(toError(reason));
      },
    });
    call.then(resolve, reject).finally(() => {
      registration.unlink();
    });
  });
}
