/**
 * Metrics for Prometheus: a small registry, its scrape handler, and what keelson itself has to tell.
 *
 * @module telemetry/prometheus
 */
export type { Counter, CounterOptions } from "./counter.js";
export type { Gauge, GaugeOptions } from "./gauge.js";
export type { Histogram, HistogramOptions } from "./histogram.js";
export { observeKeelson } from "./keelson-metrics.js";
export type { ExpositionFormat, Labels, MetricOptions } from "./metric.js";
export { processMetrics } from "./process-metrics.js";
export { type MetricRegistry, type MetricsHandlerOptions, createRegistry } from "./registry.js";
