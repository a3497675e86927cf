import { currentRuntime } from "../../core/ambient.js";
import { type MetricSink, feedMetrics } from "../metric-handlers.js";
import { type MetricSpec, durationBounds, metricTable } from "../metric-table.js";
import type { ObserveOptions } from "../observe.js";
import { type MetricRegistry, Registry } from "./registry.js";

type Sinks = ReadonlyMap<MetricSpec, (value: number, values: readonly string[]) => void>;

/** What stands still in registries that are no longer fed. */
const standing = new WeakMap<Registry, Sinks>();

/**
 * Feeds a registry with what keelson's channels, stores, leases, retries, breakers, controllers and instrumented
 * functions do, until what it returns is disposed; the metrics stay, and stand still until it is called again.
 *
 * @throws TypeError when the registry is fed already, or was not made by `createRegistry`.
 *
 * @example
 * ```ts
 * import { constant, retry } from "keelson/resilience";
 * import { createRegistry, observeKeelson } from "keelson/telemetry/prometheus";
 *
 * const registry = createRegistry();
 * using observing = observeKeelson(registry);
 * await retry(({ attempt }) => (attempt === 1 ? Promise.reject(new Error("again")) : "done"), { backoff: constant(1) });
 * registry.expose().includes("keelson_retry_retries_total 1") // => true
 * ```
 */
export function observeKeelson(registry: MetricRegistry, options?: ObserveOptions): Disposable {
  if (!(registry instanceof Registry)) throw new TypeError("Expected `registry` to be made by `createRegistry`");
  const sinks: Sinks =
    standing.get(registry) ??
    new Map(Object.values(metricTable).map((spec: MetricSpec) => [spec, add(registry, spec)] as const));
  standing.delete(registry);
  const sink: MetricSink = (spec, value, attributes) => sinks.get(spec)?.(value, attributes);
  const observing = feedMetrics(sink, options?.runtime ?? currentRuntime());
  let isDisposed = false;
  return {
    [Symbol.dispose]: () => {
      if (isDisposed) return;
      isDisposed = true;
      observing[Symbol.dispose]();
      standing.set(registry, sinks);
    },
  };
}

function add(registry: Registry, spec: MetricSpec): (value: number, values: readonly string[]) => void {
  const { help, kind } = spec;
  const labels = spec.attributes.map(underscored);
  const name = prometheusName(spec);
  switch (kind) {
    case "counter": {
      const counter = registry.counter(name, { help, labels });
      return (value, values) => {
        counter.addAt(values, value);
      };
    }
    case "gauge": {
      const gauge = registry.gauge(name, { help, labels });
      return (value, values) => {
        gauge.setAt(values, value);
      };
    }
    case "histogram": {
      const histogram = registry.histogram(name, { help, labels, buckets: durationBounds });
      return (value, values) => {
        histogram.observeAt(values, value);
      };
    }
  }
}

/** By the rules of OpenTelemetry's "Prometheus and OpenMetrics Compatibility": unit and `_total` are suffixes. */
function prometheusName({ name, kind, unit }: MetricSpec): string {
  const seconds = unit === "s" ? "_seconds" : "";
  return `${underscored(name)}${seconds}${kind === "counter" ? "_total" : ""}`;
}

function underscored(name: string): string {
  return name.replaceAll(".", "_");
}
