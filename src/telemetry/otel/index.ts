/**
 * Traces and metrics for OpenTelemetry, through the optional peer `@opentelemetry/api`.
 *
 * @module telemetry/otel
 */
export type {
  OtelApi,
  OtelAttributes,
  OtelInstrument,
  OtelInstrumentOptions,
  OtelMeter,
  OtelMeterProvider,
  OtelSpan,
  OtelTime,
  OtelTracer,
  OtelTracerProvider,
} from "./otel-api.js";
export { type OtelOptions, registerOtel } from "./register-otel.js";
