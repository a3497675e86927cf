import { currentRuntime } from "../core/ambient.js";
import { checkFunction, checkName } from "../core/check.js";
import { type LogFields, type Logger, silentLogger } from "../core/logger.js";
import { isThenable } from "../core/operation.js";
import type { Runtime } from "../core/runtime.js";
import { type SpanEvent, spanEnded, spanStarted } from "./diagnostics.js";
import { type LogLevel, checkLevel } from "./level.js";
import { inSpan } from "./span.js";

/** What {@link instrument} tells about calls. */
export interface InstrumentOptions<A extends readonly unknown[]> {
  /** The span's name. @defaultValue the function's */
  readonly name?: string | undefined;
  /** The level of the line about a result. @defaultValue `"info"` */
  readonly level?: LogLevel | undefined;
  /** What is known about a call: the same for all, or made of the arguments. @defaultValue nothing */
  readonly fields?: LogFields | ((...args: A) => LogFields) | undefined;
  /** Names of fields to leave out, such as those that carry secrets. @defaultValue none */
  readonly skip?: readonly string[] | undefined;
  /** Whether to write a line with the result of each call. @defaultValue `false` */
  readonly ret?: boolean | undefined;
  /** Whether to write a line about each failure, or at which level. @defaultValue `false`; `true` is `"error"` */
  readonly err?: boolean | LogLevel | undefined;
  /** Where lines are written. @defaultValue nowhere */
  readonly log?: Logger | undefined;
  /** Clock. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/**
 * Wraps a function so that each call runs in a span: lines written within carry its fields, filters can name it, and
 * metrics and traces see how long it took.
 *
 * @remarks
 * What the function is called on, takes, returns and throws stays as it is. Arguments are not recorded unless `fields`
 * says so; when that throws, the call goes on without fields, and the runtime hears of it. The clock is read only while
 * somebody listens to `keelson:span`.
 *
 * @example
 * ```ts
 * import { instrument } from "keelson/telemetry";
 * import { createLogger } from "keelson/telemetry/log";
 *
 * const lines: string[] = [];
 * const log = createLogger({ write: (line) => lines.push(line), base: {} });
 * const place = instrument(async (order: string) => { log.info("placing"); return `${order} placed`; }, {
 *   name: "place",
 *   fields: (order) => ({ order }),
 * });
 * await place("o-1") // => "o-1 placed"
 * const { msg, order } = JSON.parse(lines[0] ?? "{}");
 * [msg, order] // => ["placing", "o-1"]
 * ```
 */
export function instrument<A extends readonly unknown[], R, This = void>(
  fn: (this: This, ...args: A) => R,
  options: InstrumentOptions<A> = {},
): (this: This, ...args: A) => R {
  checkFunction("fn", fn);
  const { name = fn.name, level = "info", skip = [], ret = false, err = false, log = silentLogger } = options;
  checkName("name", name);
  checkLevel("level", level);
  const errorLevel = err === true ? "error" : err;
  if (errorLevel !== false) checkLevel("err", errorLevel);
  const { runtime = currentRuntime() } = options;
  const fieldsOf = (args: A): LogFields => {
    try {
      const fields = typeof options.fields === "function" ? options.fields(...args) : (options.fields ?? {});
      return Object.fromEntries(Object.entries(fields).filter(([field]) => !skip.includes(field)));
    } catch (error) {
      runtime.report(error, { task: "instrument" });
      return {};
    }
  };

  return function instrumented(this: This, ...args: A): R {
    const fields = fieldsOf(args);
    const begun = spanEnded.hasSubscribers ? runtime.now() : undefined;
    const tell = (outcome: SpanEvent["outcome"], error?: unknown): void => {
      if (begun === undefined) return; // nobody listened when it began
      spanEnded.publish(Object.freeze({ name, fields, durationMs: runtime.now() - begun, outcome, error }));
    };
    const succeeded = (value: unknown): void => {
      tell("ok");
      if (ret) log[level]({ ret: value }, `${name} returned`);
    };
    const failed = (error: unknown): void => {
      tell("failed", error);
      if (errorLevel !== false) log[errorLevel]({ err: error }, `${name} failed`);
    };
    return inSpan(name, fields, () => {
      if (spanStarted.hasSubscribers) spanStarted.publish(Object.freeze({ name, fields }));
      let result: R;
      try {
        result = fn.apply(this, args as never);
      } catch (error) {
        quietly(runtime, failed, error);
        throw error;
      }
      if (!isThenable(result as unknown)) quietly(runtime, succeeded, result);
      else
        (result as PromiseLike<unknown>).then(
          (value) => {
            quietly(runtime, succeeded, value);
          },
          (error: unknown) => {
            quietly(runtime, failed, error);
          },
        );
      return result;
    });
  };
}

/** Whatever goes wrong with telling must not change what a call comes to. */
function quietly(runtime: Runtime, tell: (outcome: unknown) => void, outcome: unknown): void {
  try {
    tell(outcome);
  } catch (error) {
    runtime.report(error, { task: "instrument" });
  }
}
