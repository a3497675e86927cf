import { systemRuntime } from "keelson/core";

/** A call under way, which may be aborted, and what has become of it. */
export interface Call {
  readonly abort: () => void;
  state: string;
}

/** Starts a call; its state is `"parked"` until it is what `start` resolved to, or what `failed` makes of its error. */
export function startCall(
  start: (signal: AbortSignal) => Promise<string>,
  failed: (error: unknown) => string = String,
): Call {
  const controller = new AbortController();
  const call: Call = {
    state: "parked",
    abort: () => {
      controller.abort("aborted");
    },
  };
  start(controller.signal).then(
    (state) => {
      call.state = state;
    },
    (error: unknown) => {
      call.state = failed(error);
    },
  );
  return call;
}

/** Waits until whatever is decided has come to those who wait for it. */
export async function atRest(): Promise<void> {
  await systemRuntime().ready(undefined); // behind those that were put off until the event loop turns
  await new Promise((resolve) => setImmediate(resolve));
}
