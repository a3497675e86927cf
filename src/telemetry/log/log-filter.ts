import { shown } from "../../core/check.js";
import { type LogLevel, levelNumber } from "../level.js";
import type { Span } from "../span.js";
import { type Directive, parseDirective, splitDirectives } from "./directive.js";

/** Decides which lines are written; it can be changed while loggers use it. */
export interface LogFilter {
  /** The filter as it was written. */
  readonly text: string;
  /**
   * Puts another filter in its place, at once and for every logger that uses it.
   *
   * @throws LogFilterError when it cannot be understood; the old one stays.
   */
  set(text: string): void;
  /** Whether a line of that level is written, for the part called `target`, within the spans from `span` outwards. */
  allows(level: LogLevel, target: string, span?: Span): boolean;
}

/** What the empty filter lets through, as in `tracing-subscriber`. */
const usual = "error";

/**
 * Makes a filter from directives in the grammar of `tracing-subscriber`'s `EnvFilter`:
 * `orchestrator=debug,store[txn{key=/a}]=trace,warn`.
 *
 * @remarks
 * A directive is `target[span{field=value,…}]=level`, of which parts may be missing: a level alone is for everything, a
 * target is what a line's begins with, a missing level is `trace`. Levels are `error`, `warn`, `info`, `debug`, `trace`,
 * `off` in any case, or 1 to 5 and 0. Of the directives that apply to a line, the one with the longest target decides,
 * then one with a span, then the one with the most fields, then the last. Values are booleans, numbers, `"quoted"`, or
 * patterns that must match as a whole. A pattern may not repeat a repetition, as `(a+)+` does, and values of more than
 * a thousand characters match none. Commas, brackets and braces within quotes or braces belong to the value.
 *
 * A bare word that looks like a level and is none, such as `warning` or `debugg`, is refused: as a target it would
 * silence everything else. Write `warning=trace` where it is one.
 * @throws LogFilterError when it cannot be understood.
 * @throws TypeError when it is no string.
 *
 * @example
 * ```ts
 * import { logFilter } from "keelson/telemetry/log";
 *
 * const filter = logFilter("store=debug,warn");
 * filter.allows("debug", "store/memory") // => true
 * filter.allows("info", "scheduler") // => false
 * filter.set("info");
 * filter.allows("info", "scheduler") // => true
 * ```
 */
export function logFilter(text: string): LogFilter {
  let current = compile(text);
  return {
    get text() {
      return current.text;
    },
    set(next) {
      current = compile(next);
    },
    allows(level, target, span) {
      const number = levelNumber(level);
      if (number < current.least) return false; // no directive lets it through
      const decisive = current.directives.find((directive) => applies(directive, target, span));
      return decisive !== undefined && number >= decisive.least;
    },
  };
}

/**
 * The same, but what cannot be understood is handed to `report` and left out: for filters from the environment, which
 * should not keep a service from starting. Where nothing is left, `otherwise` holds.
 */
export function lossyFilter(text: string, otherwise: string, report: (error: unknown) => void): LogFilter {
  const good = splitDirectives(text).filter((part) => {
    try {
      parseDirective(part);
      return true;
    } catch (error) {
      report(error);
      return false;
    }
  });
  return logFilter(good.length === 0 ? otherwise : good.join(","));
}

interface Compiled {
  readonly text: string;
  /** The most specific first. */
  readonly directives: readonly Directive[];
  readonly least: number;
}

function compile(text: string): Compiled {
  if (typeof (text as unknown) !== "string")
    throw new TypeError(`Expected \`filter\` to be a string, got ${shown(text)}`);
  const written = splitDirectives(text).map(parseDirective);
  const directives = written.length === 0 ? [parseDirective(usual)] : written.reverse().sort(bySpecificity);
  return { text, directives, least: Math.min(...directives.map(({ least }) => least)) };
}

function bySpecificity(a: Directive, b: Directive): number {
  return (
    b.target.length - a.target.length ||
    Number(b.span !== undefined) - Number(a.span !== undefined) ||
    (b.span?.fields.length ?? 0) - (a.span?.fields.length ?? 0)
  );
}

function applies(directive: Directive, target: string, innermost: Span | undefined): boolean {
  if (!target.startsWith(directive.target)) return false;
  const { span: wanted } = directive;
  if (wanted === undefined) return true;
  for (let span = innermost; span !== undefined; span = span.parent) {
    const { name, fields } = span;
    if (wanted.name !== undefined && wanted.name !== name) continue;
    const has = wanted.fields.every((field) => field.name in fields && field.matches?.(fields[field.name]) !== false);
    if (has) return true;
  }
  return false;
}
