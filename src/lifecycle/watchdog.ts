import type { Runtime } from "../core/runtime.js";
import type { Notifier } from "./notifier.js";
import type { TellFailure } from "./tell-failure.js";

/** Sends a state, and tells of a failure, which nobody awaits. */
export function tell(tellFailure: TellFailure, notifier: Notifier | undefined, state: string): void {
  if (notifier === undefined) return;
  const failed = (error: unknown): void => {
    tellFailure(error, "service notifier");
  };
  try {
    Promise.resolve(notifier.notify(state)).catch(failed);
  } catch (error) {
    failed(error);
  }
}

/**
 * Sends `WATCHDOG=1` as often as the manager wants, until disposed.
 *
 * @remarks A beat that comes late by half its interval or more says that the event loop was blocked, so it is not sent.
 */
export function startWatchdog(runtime: Runtime, notifier: Notifier | undefined, tellFailure: TellFailure): Disposable {
  const every = notifier?.watchdogMs;
  if (every === undefined) return { [Symbol.dispose]: () => undefined };
  let due = runtime.now() + every;
  const timer = runtime.timer(
    every,
    () => {
      const late = runtime.now() - due;
      due = runtime.now() + every;
      timer.reset(every);
      timer.unref();
      if (late < every / 2) tell(tellFailure, notifier, "WATCHDOG=1");
    },
    "watchdog",
  );
  timer.unref();
  return timer;
}
