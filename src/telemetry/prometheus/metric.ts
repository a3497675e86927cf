import { checkInteger, checkName, checkObject, shown } from "../../core/check.js";
import { escapeHelp, escapeLabel, number } from "./exposition.js";

/**
 * What is said of a metric when it is made.
 *
 * @typeParam L - The names of its labels.
 */
export interface MetricOptions<L extends string = string> {
  /** One sentence about it. */
  readonly help: string;
  /** The names of its labels. @defaultValue none */
  readonly labels?: readonly L[] | undefined;
  /** How many series it may have; what comes after goes into one whose labels are all `_other`. @defaultValue `1_000` */
  readonly maxSeries?: number | undefined;
}

/**
 * The values of a metric's labels, by name; missing ones are empty.
 *
 * @typeParam L - The names; `never` for a metric without labels.
 */
export type Labels<L extends string = string> = [L] extends [never]
  ? Readonly<Record<string, never>>
  : Readonly<Partial<Record<L, string>>>;

/** How exposition formats differ. */
export type ExpositionFormat = "text" | "openmetrics";

/** One line of values. */
export interface Series<T> {
  /** Its labels as they are exposed, without braces. */
  readonly labels: string;
  readonly value: T;
}

const other = "_other";
const separator = "\u001f";

/** The series of a metric, one for each combination of label values, up to a bound. */
export class SeriesMap<T> {
  readonly #names: readonly string[];
  readonly #max: number;
  readonly #create: () => T;
  readonly #series = new Map<string, Series<T>>();

  constructor({ labels = [], maxSeries = 1_000 }: MetricOptions, create: () => T) {
    checkInteger("maxSeries", maxSeries, 1);
    this.#names = labels;
    this.#max = maxSeries;
    this.#create = create;
    if (labels.length === 0) this.at([]); // exposed from the start, so that rates begin at 0
  }

  /** The values of `labels` in the order of their names. */
  valuesOf(labels: Labels): readonly string[] {
    for (const name of Object.keys(labels)) {
      if (!this.#names.includes(name))
        throw new TypeError(`Expected \`labels\` to be of this metric, got ${shown(name)}`);
    }
    return this.#names.map((name) => String((labels[name] as string | number | undefined) ?? ""));
  }

  at(values: readonly string[]): Series<T> {
    const known = this.#series.get(values.join(separator));
    if (known !== undefined) return known;
    if (this.#series.size >= this.#max && !values.every((value) => value === other)) {
      return this.at(this.#names.map(() => other));
    }
    const labels = this.#names.map((name, index) => `${name}="${escapeLabel(values[index] ?? "")}"`).join(",");
    const series = { labels, value: this.#create() };
    this.#series.set(values.join(separator), series);
    return series;
  }

  [Symbol.iterator](): Iterator<Series<T>> {
    return this.#series.values();
  }
}

/** Something that a registry exposes. */
export interface Metric {
  readonly name: string;
  /** Its lines, each ended. */
  expose(format: ExpositionFormat): string;
}

/** The two lines above the values. OpenMetrics names the family of a counter without its `_total`. */
export function heading(name: string, type: string, help: string, format: ExpositionFormat): string {
  const family = format === "openmetrics" && type === "counter" ? name.slice(0, -"_total".length) : name;
  return `# HELP ${family} ${escapeHelp(help, format)}\n# TYPE ${family} ${type}\n`;
}

/** One line. */
export function sample(name: string, labels: string, value: number): string {
  return `${name}${labels === "" ? "" : `{${labels}}`} ${number(value)}\n`;
}

/** Refuses what would break the exposition; `NaN` and infinities are figures to Prometheus. */
export function checkFigure(option: string, value: unknown): void {
  if (typeof value !== "number") throw new TypeError(`Expected \`${option}\` to be a number, got ${shown(value)}`);
}

/** Refuses names that cannot be exposed. */
export function checkMetric(name: string, options: MetricOptions, reserved: readonly string[] = []): void {
  checkObject("options", options);
  const { help, labels = [] } = options;
  checkName("help", help);
  if (!/^[a-zA-Z_:][\w:]*$/.test(name))
    throw new TypeError(`Expected \`name\` to be a metric's name, got ${shown(name)}`);
  for (const label of labels) {
    if (/^[a-zA-Z_]\w*$/.test(label) && !label.startsWith("__") && !reserved.includes(label)) continue;
    throw new TypeError(`Expected \`labels\` to be names of labels, got ${shown(label)}`);
  }
}
