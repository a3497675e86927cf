import { checkNumber, shown } from "../../core/check.js";
import {
  type ExpositionFormat,
  type Labels,
  type Metric,
  type MetricOptions,
  SeriesMap,
  checkMetric,
  heading,
  sample,
} from "./metric.js";

/**
 * A count that only grows.
 *
 * @typeParam L - The names of its labels.
 */
export interface Counter<L extends string = string> {
  /**
   * Adds to it.
   *
   * @throws RangeError for an amount below 0; TypeError for labels that are not its own.
   */
  add(amount?: number, labels?: Labels<L>): void;
}

/**
 * What is said of a counter when it is made.
 *
 * @typeParam L - The names of its labels.
 */
export interface CounterOptions<L extends string = string> extends MetricOptions<L> {
  /** Called before each exposition, to add what has to be looked up. */
  readonly collect?: ((counter: Counter<L>) => void) | undefined;
}

/** A count of a registry. */
export class CounterMetric implements Counter, Metric {
  readonly name: string;
  readonly #options: CounterOptions;
  readonly #series: SeriesMap<{ total: number }>;

  constructor(name: string, options: CounterOptions) {
    checkMetric(name, options);
    if (!name.endsWith("_total")) throw new TypeError(`Expected \`name\` to end with "_total", got ${shown(name)}`);
    this.name = name;
    this.#options = options;
    this.#series = new SeriesMap(options, () => ({ total: 0 }));
  }

  add(amount = 1, labels: Labels = {}): void {
    checkNumber("amount", amount, 0);
    this.addAt(this.#series.valuesOf(labels), amount);
  }

  /** The same by label values in order, unchecked. */
  addAt(values: readonly string[], amount: number): void {
    this.#series.at(values).value.total += amount;
  }

  expose(format: ExpositionFormat): string {
    this.#options.collect?.(this);
    const lines = Array.from(this.#series, ({ labels, value }) => sample(this.name, labels, value.total));
    return heading(this.name, "counter", this.#options.help, format) + lines.join("");
  }
}
