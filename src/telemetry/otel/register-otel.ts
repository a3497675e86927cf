import { currentRuntime } from "../../core/ambient.js";
import type { Runtime } from "../../core/runtime.js";
import { feedMetrics } from "../metric-handlers.js";
import { observe } from "../observe.js";
import { type OtelApi, importOtelApi } from "./otel-api.js";
import { otelMetrics } from "./otel-metrics.js";
import { otelSpans } from "./otel-spans.js";

/** What {@link registerOtel} hands on. */
export interface OtelOptions {
  /** The API to use, where it is not to be imported. @defaultValue the package `@opentelemetry/api` */
  readonly api?: OtelApi | undefined;
  /** Whether to feed metrics. @defaultValue `true` */
  readonly metrics?: boolean | undefined;
  /** Whether to make spans of retries, store calls, reconciles and instrumented functions. @defaultValue `true` */
  readonly spans?: boolean | undefined;
  /** Whether to make a span of each message that a channel takes in or hands out, too. @defaultValue `false` */
  readonly channelSpans?: boolean | undefined;
  /** Clock. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/** The instrumentation scope of everything that comes from here. */
const scope = "keelson";

/**
 * Hands what keelson does to OpenTelemetry, until what it returns is disposed.
 *
 * @remarks
 * The SDK may be registered before or after: providers are looked up when something is told. The parent of a span is
 * the one that was active around the work, or that of an instrumented function. Spans of retries, store calls and
 * reconciles are made when the work has ended, so what happens within these is their sibling, not their child. Names
 * follow the semantic conventions where there are some (`db.client.operation.duration`).
 * @throws Error when `@opentelemetry/api` is not installed, saying so.
 *
 * @example
 * ```ts
 * import { metrics, trace } from "@opentelemetry/api";
 * import { registerOtel } from "keelson/telemetry/otel";
 *
 * using bridge = await registerOtel();
 * // From here on, an SDK that is registered with `trace` and `metrics` sees retries, store calls and reconciles.
 * typeof trace.getTracerProvider === typeof metrics.getMeterProvider // => true
 * ```
 */
export async function registerOtel(options: OtelOptions = {}): Promise<Disposable> {
  const { metrics = true, spans = true, channelSpans = false, runtime = currentRuntime() } = options;
  const api = options.api ?? (await importOtelApi());
  const listening = [
    ...(metrics ? [feedMetrics(otelMetrics(api, scope), runtime)] : []),
    ...(spans ? [observe(otelSpans(api, scope, runtime, channelSpans), { runtime })] : []),
  ];
  return {
    [Symbol.dispose]: () => {
      for (const each of listening) each[Symbol.dispose]();
    },
  };
}
