/** Seconds and nanoseconds since the epoch. */
export type OtelTime = [seconds: number, nanoseconds: number];

/** Attributes of OpenTelemetry, as far as we set them. */
export type OtelAttributes = Record<string, string | number | boolean>;

/** A span of OpenTelemetry. */
export interface OtelSpan {
  /** Says something about it. */
  setAttribute(name: string, value: string): unknown;
  /** Says that it failed. */
  setStatus(status: { readonly code: number; readonly message?: string }): unknown;
  /** What other spans link to. */
  spanContext(): object;
  /** Ends it. */
  end(time?: OtelTime): void;
}

/** A tracer of OpenTelemetry. */
export interface OtelTracer {
  /** Begins a span as a child of the one in `context`. */
  startSpan(
    name: string,
    options: {
      readonly kind: number;
      readonly startTime: OtelTime;
      readonly attributes: OtelAttributes;
      readonly links: { readonly context: never }[];
    },
    context: never,
  ): OtelSpan;
}

/** An instrument of OpenTelemetry: `add` of counters, `record` of the others. */
export interface OtelInstrument {
  /** Adds to a counter. */
  add?(value: number, attributes: OtelAttributes): void;
  /** Sets a gauge, or observes in a histogram. */
  record?(value: number, attributes: OtelAttributes): void;
}

/** What is said of an instrument. */
export interface OtelInstrumentOptions {
  /** One sentence. */
  readonly description: string;
  /** In UCUM. */
  readonly unit: string;
  /** For histograms. */
  readonly advice?: { readonly explicitBucketBoundaries: number[] };
}

/** A meter of OpenTelemetry. */
export interface OtelMeter {
  /** Makes a count that only grows. */
  createCounter(name: string, options: OtelInstrumentOptions): OtelInstrument;
  /** Makes a figure that moves both ways. */
  createGauge(name: string, options: OtelInstrumentOptions): OtelInstrument;
  /** Makes a distribution. */
  createHistogram(name: string, options: OtelInstrumentOptions): OtelInstrument;
}

/** Makes tracers. */
export interface OtelTracerProvider {
  /** The tracer of that name. */
  getTracer(name: string): unknown;
}

/** Makes meters. */
export interface OtelMeterProvider {
  /** The meter of that name. */
  getMeter(name: string): unknown;
}

/** The part of `@opentelemetry/api` that the bridge uses. */
export interface OtelApi {
  /** Access to tracers. */
  readonly trace: {
    /** The provider of the moment. */
    getTracerProvider(): OtelTracerProvider;
    /** A context in which `span` is the active one. */
    setSpan(context: never, span: never): unknown;
  };
  /** Access to meters. */
  readonly metrics: {
    /** The provider of the moment. */
    getMeterProvider(): OtelMeterProvider;
  };
  /** Access to the context. */
  readonly context: {
    /** The context that code runs in. */
    active(): unknown;
  };
}

/** The package, if it is there. */
export async function importOtelApi(): Promise<OtelApi> {
  try {
    return await import("@opentelemetry/api");
  } catch (cause) {
    throw new Error(
      "The OpenTelemetry bridge needs the package `@opentelemetry/api`: install it with `npm install @opentelemetry/api`",
      { cause },
    );
  }
}
