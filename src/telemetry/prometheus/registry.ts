import { currentRuntime } from "../../core/ambient.js";
import type { FetchHandler } from "../../http/index.js";
import { type Counter, CounterMetric, type CounterOptions } from "./counter.js";
import { type Gauge, GaugeMetric, type GaugeOptions } from "./gauge.js";
import { type Histogram, HistogramMetric, type HistogramOptions } from "./histogram.js";
import type { ExpositionFormat, Metric } from "./metric.js";

/** What a {@link MetricRegistry} answers scrapes with beside its own. */
export interface MetricsHandlerOptions {
  /** Text of other registries, such as `prom-client`'s; scrapes are answered in the plain text format then. */
  readonly also?: readonly (() => string | PromiseLike<string>)[] | undefined;
}

/** Metrics that are scraped together. */
export interface MetricRegistry {
  /** Makes a count; its name ends with `_total`. */
  counter<const L extends string = never>(name: string, options: CounterOptions<L>): Counter<L>;
  /** Makes a figure. */
  gauge<const L extends string = never>(name: string, options: GaugeOptions<L>): Gauge<L>;
  /** Makes a distribution. */
  histogram<const L extends string = never>(name: string, options: HistogramOptions<L>): Histogram<L>;
  /** Everything in one of the two formats. @defaultValue `"text"` */
  expose(format?: ExpositionFormat): string;
  /** A web-standard handler for scrapes: OpenMetrics for those who ask for it, else Prometheus' text format 0.0.4. */
  handler(options?: MetricsHandlerOptions): (request: Request) => Promise<Response>;
}

const types: Readonly<Record<ExpositionFormat, string>> = {
  text: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/**
 * Makes a registry of metrics for Prometheus.
 *
 * @remarks
 * Labels are those that a metric was made with: others do not compile, and throw where they come nonetheless. The number
 * of series is bounded, so that a label that takes what users send cannot fill the memory: see
 * `maxSeries`. A metric whose `collect` throws is missing from that scrape, and the runtime hears of it. Making a metric
 * twice throws a TypeError, as does a name that cannot be exposed.
 *
 * @example
 * ```ts
 * import { createRegistry } from "keelson/telemetry/prometheus";
 *
 * const registry = createRegistry();
 * const requests = registry.counter("http_requests_total", { help: "Requests served.", labels: ["route"] });
 * requests.add(1, { route: "/orders" });
 * registry.expose() // => "# HELP http_requests_total Requests served.\n# TYPE http_requests_total counter\nhttp_requests_total{route=\"/orders\"} 1\n"
 * ```
 */
export function createRegistry(): MetricRegistry {
  return new Registry();
}

/** The registry behind {@link createRegistry}. */
export class Registry implements MetricRegistry {
  readonly #runtime = currentRuntime();
  readonly #metrics = new Map<string, Metric>();

  counter(name: string, options: CounterOptions): CounterMetric {
    return this.#add(new CounterMetric(name, options));
  }

  gauge(name: string, options: GaugeOptions): GaugeMetric {
    return this.#add(new GaugeMetric(name, options));
  }

  histogram(name: string, options: HistogramOptions): HistogramMetric {
    return this.#add(new HistogramMetric(name, options));
  }

  expose(format: ExpositionFormat = "text"): string {
    const all = Array.from(this.#metrics.values(), (metric) => {
      try {
        return metric.expose(format);
      } catch (error) {
        return this.#without(metric.name, error);
      }
    }).join("");
    return format === "openmetrics" ? `${all}# EOF\n` : all;
  }

  handler({ also = [] }: MetricsHandlerOptions = {}): (request: Request) => Promise<Response> {
    const answer: FetchHandler = async (request) => {
      if (request.method !== "GET" && request.method !== "HEAD") {
        return new Response("Method Not Allowed\n", { status: 405, headers: { allow: "GET, HEAD" } });
      }
      const wantsOpen = request.headers.get("accept")?.includes("application/openmetrics-text") === true;
      const format = wantsOpen && also.length === 0 ? "openmetrics" : "text";
      const others = await Promise.all(
        also.map(async (read) => {
          try {
            return await read();
          } catch (error) {
            return this.#without("also", error);
          }
        }),
      );
      const text = [this.expose(format), ...others].join("");
      const headers = { "content-type": types[format], "cache-control": "no-store" };
      return new Response(request.method === "HEAD" ? null : text, { headers });
    };
    return answer as (request: Request) => Promise<Response>;
  }

  /** What fails is left out, and the rest is told. */
  #without(what: string, error: unknown): string {
    this.#runtime.report(error, { task: `metrics: ${what}` });
    return "";
  }

  #add<M extends Metric>(metric: M): M {
    if (this.#metrics.has(metric.name)) {
      throw new TypeError(`Expected \`name\` to be unique, but there is a metric "${metric.name}"`);
    }
    this.#metrics.set(metric.name, metric);
    return metric;
  }
}
