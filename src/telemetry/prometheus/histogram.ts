import { shown } from "../../core/check.js";
import { number } from "./exposition.js";
import {
  type ExpositionFormat,
  type Labels,
  type Metric,
  type MetricOptions,
  SeriesMap,
  checkFigure,
  checkMetric,
  heading,
  sample,
} from "./metric.js";

/**
 * A distribution.
 *
 * @typeParam L - The names of its labels.
 */
export interface Histogram<L extends string = string> {
  /**
   * Counts one value; `NaN` is not counted.
   *
   * @throws TypeError for what is no number, and for labels that are not its own.
   */
  observe(value: number, labels?: Labels<L>): void;
}

/**
 * What is said of a histogram when it is made.
 *
 * @typeParam L - The names of its labels.
 */
export interface HistogramOptions<L extends string = string> extends MetricOptions<L> {
  /**
   * The upper bounds of its buckets, rising. @defaultValue from 5 ms to 10 s, in seconds, as Prometheus' clients have
   * it
   */
  readonly buckets?: readonly number[] | undefined;
}

const usualBuckets: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** A distribution of a registry. */
export class HistogramMetric implements Histogram, Metric {
  readonly name: string;
  readonly #help: string;
  readonly #bounds: readonly number[];
  readonly #series: SeriesMap<{ readonly counts: number[]; sum: number }>;

  constructor(name: string, options: HistogramOptions) {
    checkMetric(name, options, ["le"]);
    const { help, buckets = usualBuckets } = options;
    const isRising = buckets.every((bound, index) => bound > (buckets[index - 1] ?? Number.NEGATIVE_INFINITY));
    if (!isRising) throw new RangeError(`Expected \`buckets\` to rise, got ${shown(buckets.join(", "))}`);
    this.name = name;
    this.#help = help;
    this.#bounds = buckets.at(-1) === Number.POSITIVE_INFINITY ? buckets : [...buckets, Number.POSITIVE_INFINITY];
    this.#series = new SeriesMap(options, () => ({ counts: this.#bounds.map(() => 0), sum: 0 }));
  }

  observe(value: number, labels: Labels = {}): void {
    checkFigure("value", value);
    this.observeAt(this.#series.valuesOf(labels), value);
  }

  /** The same by label values in order, unchecked. */
  observeAt(values: readonly string[], value: number): void {
    const { value: its } = this.#series.at(values);
    const bucket = this.#bounds.findIndex((bound) => value <= bound);
    if (bucket === -1) return; // not a number
    its.counts[bucket] = (its.counts[bucket] ?? 0) + 1;
    its.sum += value;
  }

  expose(format: ExpositionFormat): string {
    const lines = Array.from(this.#series, ({ labels, value: { counts, sum } }) => {
      const prefix = labels === "" ? "" : `${labels},`;
      let below = 0;
      const buckets = this.#bounds.map((bound, index) => {
        below += counts[index] ?? 0;
        return sample(`${this.name}_bucket`, `${prefix}le="${limit(bound, format)}"`, below);
      });
      return `${buckets.join("")}${sample(`${this.name}_sum`, labels, sum)}${sample(`${this.name}_count`, labels, below)}`;
    });
    return heading(this.name, "histogram", this.#help, format) + lines.join("");
  }
}

/** OpenMetrics wants bounds to look like floating-point numbers. */
function limit(bound: number, format: ExpositionFormat): string {
  return format === "openmetrics" && Number.isInteger(bound) ? bound.toFixed(1) : number(bound);
}
