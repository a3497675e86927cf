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
 * A figure that moves both ways.
 *
 * @typeParam L - The names of its labels.
 */
export interface Gauge<L extends string = string> {
  /**
   * Sets it.
   *
   * @throws TypeError for what is no number, and for labels that are not its own.
   */
  set(value: number, labels?: Labels<L>): void;
  /**
   * Moves it.
   *
   * @throws TypeError for what is no number, and for labels that are not its own.
   */
  add(amount: number, labels?: Labels<L>): void;
}

/**
 * What is said of a gauge when it is made.
 *
 * @typeParam L - The names of its labels.
 */
export interface GaugeOptions<L extends string = string> extends MetricOptions<L> {
  /** Called before each exposition, to set what has to be looked up. */
  readonly collect?: ((gauge: Gauge<L>) => void) | undefined;
}

/** A figure of a registry. */
export class GaugeMetric implements Gauge, Metric {
  readonly name: string;
  readonly #options: GaugeOptions;
  readonly #series: SeriesMap<{ figure: number }>;

  constructor(name: string, options: GaugeOptions) {
    checkMetric(name, options);
    this.name = name;
    this.#options = options;
    this.#series = new SeriesMap(options, () => ({ figure: 0 }));
  }

  set(value: number, labels: Labels = {}): void {
    checkFigure("value", value);
    this.setAt(this.#series.valuesOf(labels), value);
  }

  /** The same by label values in order, unchecked. */
  setAt(values: readonly string[], value: number): void {
    this.#series.at(values).value.figure = value;
  }

  add(amount: number, labels: Labels = {}): void {
    checkFigure("amount", amount);
    this.#series.at(this.#series.valuesOf(labels)).value.figure += amount;
  }

  expose(format: ExpositionFormat): string {
    this.#options.collect?.(this);
    const lines = Array.from(this.#series, ({ labels, value }) => sample(this.name, labels, value.figure));
    return heading(this.name, "gauge", this.#options.help, format) + lines.join("");
  }
}
