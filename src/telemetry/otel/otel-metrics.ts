import { type MetricSink } from "../metric-handlers.js";
import { type MetricSpec, durationBounds } from "../metric-table.js";
import type { OtelApi, OtelAttributes, OtelInstrument, OtelMeter } from "./otel-api.js";

/**
 * Hands figures to the meter provider of the moment.
 *
 * @remarks
 * An instrument that was made before the SDK registered stays a no-op for ever (opentelemetry-js#3622), so instruments
 * are made on first use, and made anew when the provider has changed.
 */
export function otelMetrics({ metrics }: OtelApi, scope: string): MetricSink {
  let provider: object | undefined;
  let instruments = new Map<MetricSpec, OtelInstrument>();
  return (spec, value, values) => {
    const present = metrics.getMeterProvider();
    if (present !== provider) {
      provider = present;
      instruments = new Map();
    }
    let instrument = instruments.get(spec);
    if (instrument === undefined) {
      instrument = create(present.getMeter(scope) as OtelMeter, spec);
      instruments.set(spec, instrument);
    }
    const attributes = attributesOf(spec, values);
    if (spec.kind === "counter") instrument.add?.(value, attributes);
    else instrument.record?.(value, attributes);
  };
}

function create(meter: OtelMeter, { name, kind, help, unit }: MetricSpec): OtelInstrument {
  const options = { description: help, unit };
  switch (kind) {
    case "counter":
      return meter.createCounter(name, options);
    case "gauge":
      return meter.createGauge(name, options);
    case "histogram":
      return meter.createHistogram(name, { ...options, advice: { explicitBucketBoundaries: [...durationBounds] } });
  }
}

/** An attribute without a value is left out, as `error.type` of what succeeded. */
function attributesOf({ attributes }: MetricSpec, values: readonly string[]): OtelAttributes {
  const pairs = attributes.map((name, index) => [name, values[index] ?? ""] as const);
  return Object.fromEntries(pairs.filter(([, value]) => value !== ""));
}
