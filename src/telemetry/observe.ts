import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { currentRuntime } from "../core/ambient.js";
import type { Runtime } from "../core/runtime.js";
import type { DiagnosticEvents } from "./diagnostic-events.js";

/** What to do with the events of each channel. */
export type DiagnosticHandlers = {
  readonly [Name in keyof DiagnosticEvents]?: (event: DiagnosticEvents[Name]) => void;
};

/** How {@link observe} treats handlers. */
export interface ObserveOptions {
  /** Takes what a handler throws. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/**
 * Listens to keelson's diagnostics channels until what it returns is disposed.
 *
 * @remarks
 * Handlers run at once, within the operation that they hear of and in its async context, so keep them short.
 * One that throws disturbs neither that operation nor other handlers. An event is the same object for all who listen:
 * only read it. Channels that nobody listens to cost about a nanosecond, and no clock is read for them.
 *
 * @example
 * ```ts
 * import { constant, retry } from "keelson/resilience";
 * import { observe } from "keelson/telemetry";
 *
 * const delays: number[] = [];
 * using listening = observe({ "keelson:retry:attempt": ({ delayMs }) => delays.push(delayMs) });
 * await retry(({ attempt }) => (attempt === 1 ? Promise.reject(new Error("again")) : "done"), { backoff: constant(2) });
 * delays // => [2]
 * ```
 */
export function observe(handlers: DiagnosticHandlers, { runtime = currentRuntime() }: ObserveOptions = {}): Disposable {
  const listening = Object.entries(handlers).map(([name, handler]) => {
    const listener = (message: unknown): void => {
      try {
        (handler as (event: unknown) => void)(message);
      } catch (error) {
        runtime.report(error, { task: `observer of ${name}` });
      }
    };
    subscribe(name, listener);
    return { name, listener };
  });
  return {
    [Symbol.dispose]: () => {
      for (const { name, listener } of listening) unsubscribe(name, listener);
    },
  };
}
