import { shown } from "../../core/check.js";
import { distance } from "../../core/spelling.js";
import { type LogLevel, levelNumber, logLevels } from "../level.js";
import { LogFilterError } from "./errors.js";

/** What a field of a span must be. */
export interface FieldMatch {
  readonly name: string;
  /** Without it, any value does. */
  readonly matches: ((value: unknown) => boolean) | undefined;
}

/** One part of a filter: which lines it is about, and from which level on it lets them through. */
export interface Directive {
  /** What the target of a line begins with; empty for all. */
  readonly target: string;
  /** The span in which it must be written; nothing when it need not be in one. */
  readonly span: { readonly name: string | undefined; readonly fields: readonly FieldMatch[] } | undefined;
  /** The least level, as pino's number; `Infinity` lets nothing through. */
  readonly least: number;
}

const byNumber: readonly number[] = [Number.POSITIVE_INFINITY, 50, 40, 30, 20, 10];
const targetPattern = /^[\w:./@-]+$/;
const longestTested = 1_000;
const fieldPattern = /^[\w.]+$/;

/**
 * Parses one directive: `level`, or `target[span{field=value,…}]=level` of which each part but one may be missing.
 *
 * @remarks
 * A bare word that looks like a level but is none is refused, where the grammar has it name a target: it would silence
 * everything else, errors included.
 * @throws LogFilterError for anything else.
 */
export function parseDirective(text: string): Directive {
  const level = levelOf(text);
  if (level !== undefined) return { target: "", span: undefined, least: level };
  const meant = levelMeant(text);
  if (meant !== undefined) {
    const hint = `did you mean "${meant}"? Levels are ${levelNames.join(", ")}; write "${text}=trace" for a target`;
    throw new LogFilterError(text, `is no level; ${hint}`);
  }
  const open = text.indexOf("[");
  const close = open === -1 ? -1 : closing(text, open);
  if (open !== -1 && close === -1) throw new LogFilterError(text, "has a [ that is not closed");
  const [beforeLevel, tail] = open === -1 ? halves(text) : [text.slice(0, open), text.slice(close + 1)];
  const target = beforeLevel.trim();
  if (target !== "" && !targetPattern.test(target)) throw new LogFilterError(text, `has a bad target ${shown(target)}`);
  if (target === "" && open === -1) throw new LogFilterError(text, "names neither a target nor a span");
  const span = open === -1 ? undefined : parseSpan(text, text.slice(open + 1, close));
  return { target, span, least: parseTail(text, tail.trim()) };
}

/**
 * Cuts a filter at its commas, but for those within brackets, braces or quotes.
 *
 * @remarks Upstream (`tracing-subscriber`) cuts at every comma, so that spans of two fields never worked there.
 */
export function splitDirectives(text: string): readonly string[] {
  return cut(text)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/** Without a level, everything goes through. */
function parseTail(text: string, tail: string): number {
  if (tail === "" || tail === "=") return levelNumber("trace");
  const level = tail.startsWith("=") ? levelOf(tail.slice(1).trim()) : undefined;
  if (level !== undefined) return level;
  throw new LogFilterError(text, `has ${shown(tail)} where "=" and a level should be`);
}

function parseSpan(text: string, inside: string): Directive["span"] {
  const open = inside.indexOf("{");
  const name = (open === -1 ? inside : inside.slice(0, open)).trim();
  if (open === -1) return { name: name === "" ? undefined : name, fields: [] };
  const close = closing(inside, open);
  if (close === -1) throw new LogFilterError(text, "has a { that is not closed");
  if (inside.slice(close + 1).trim() !== "") throw new LogFilterError(text, "has something between } and ]");
  const fields = splitDirectives(inside.slice(open + 1, close)).map((field) => parseField(text, field));
  return { name: name === "" ? undefined : name, fields };
}

function parseField(text: string, field: string): FieldMatch {
  const at = field.indexOf("=");
  const name = (at === -1 ? field : field.slice(0, at)).trim();
  if (!fieldPattern.test(name)) throw new LogFilterError(text, `has a bad field name ${shown(name)}`);
  return { name, matches: at === -1 ? undefined : valueMatch(text, field.slice(at + 1).trim()) };
}

/** A boolean, a number, a quoted text, or a pattern that the whole value must match, in this order. */
function valueMatch(directive: string, text: string): (value: unknown) => boolean {
  if (text === "true" || text === "false") return (value) => String(value) === text;
  const number = text === "" ? Number.NaN : Number(text);
  if (!Number.isNaN(number)) return (value) => isNumeric(value) && Number(value) === number;
  if (text === "NaN") return (value) => Number.isNaN(value);
  const quoted = /^"((?:[^"\\]|\\.)*)"$/s.exec(text)?.[1];
  if (quoted !== undefined) {
    const literal = quoted.replaceAll(/\\(.)/gs, "$1");
    return (value) => String(value) === literal;
  }
  const pattern = compiled(directive, text);
  return (value) => {
    const tested = String(value);
    return tested.length <= longestTested && pattern.test(tested);
  };
}

function isNumeric(value: unknown): boolean {
  return typeof value === "number" || typeof value === "bigint" || (typeof value === "string" && value.trim() !== "");
}

/** Lines carry what users send, so a pattern must not be one that backtracks for ever. */
function compiled(directive: string, text: string): RegExp {
  if (/\([^()]*[+*}][^()]*\)[+*{]/.test(text))
    throw new LogFilterError(directive, "has a pattern that repeats a repetition");
  try {
    return new RegExp(`^(?:${text})$`, "s");
  } catch {
    throw new LogFilterError(directive, `has a bad pattern ${shown(text)}`);
  }
}

const levelNames: readonly string[] = [...logLevels, "off"];

/** What other loggers call theirs. */
const otherNames: Readonly<Record<string, string>> = {
  warning: "warn",
  fatal: "error",
  critical: "error",
  silent: "off",
  none: "off",
  all: "trace",
  verbose: "trace",
  60: "error",
  50: "error",
  40: "warn",
  30: "info",
  20: "debug",
};

/** Of a bare word that somebody took for a level, such as `debugg`, `fatal` or `9`, the level that was meant. */
function levelMeant(text: string): string | undefined {
  const word = text.toLowerCase();
  const isNear = (level: string): boolean =>
    distance(word, level) <= 1 ||
    (word.startsWith(level) && word.length <= level.length + 2) ||
    (level.startsWith(word) && word.length >= 3);
  if (!targetPattern.test(word)) return undefined;
  if (Object.hasOwn(otherNames, word)) return otherNames[word];
  return /^\d+$/.test(word) ? "trace" : levelNames.find(isNear);
}

/** `error` to `trace`, `off`, or 0 to 5 for `off` to `trace`. */
function levelOf(text: string): number | undefined {
  if (/^[0-5]$/.test(text)) return byNumber[Number(text)];
  const name = text.toLowerCase();
  if (name === "off") return Number.POSITIVE_INFINITY;
  return (logLevels as readonly string[]).includes(name) ? levelNumber(name as LogLevel) : undefined;
}

function halves(text: string): [string, string] {
  const at = text.indexOf("=");
  return at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at)];
}

const pairs: Readonly<Record<string, string>> = { "[": "]", "{": "}" };

/** The place of the bracket that closes the one at `open`, or -1; brackets within quotes count for nothing. */
function closing(text: string, open: number): number {
  let place: number | undefined;
  scan(text.slice(open), (at, depth) => {
    if (depth === 0) place ??= open + at;
  });
  return place !== undefined && text[place] === pairs[text[open] ?? ""] ? place : -1;
}

function cut(text: string): readonly string[] {
  const commas: number[] = [];
  scan(text, (at, depth) => {
    if (depth === 0 && text[at] === ",") commas.push(at);
  });
  return [...commas, text.length].map((end, index) => text.slice(index === 0 ? 0 : (commas[index - 1] ?? 0) + 1, end));
}

/** Visits every character outside quotes with how many brackets are open after it. */
function scan(text: string, visit: (at: number, depth: number) => void): void {
  let depth = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? "";
    if (character === "\\") at += 1;
    else if (character === '"') isQuoted = !isQuoted;
    else if (!isQuoted) {
      if (character === "[" || character === "{") depth += 1;
      else if (character === "]" || character === "}") depth -= 1;
      visit(at, depth);
    }
  }
}
