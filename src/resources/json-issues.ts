import { shown } from "../core/check.js";
import type { FieldIssue } from "./errors.js";
import { fieldPath } from "./field-path.js";
import { isPlainObject } from "./json.js";

/** Deeper than any data is that somebody writes, and less deep than the stack. */
const deepest = 500;

/** What is wrong, and the way to it from the inside out, which nothing is spent on while all is well. */
type Flaw = readonly [message: string, steps: PropertyKey[]];

/**
 * What of a value would not be read back as it is had it been stored as JSON: the first such part, if any. A field that
 * is `undefined` is as one that is absent.
 */
export function jsonIssues(path: string, value: unknown): FieldIssue[] {
  const flaw = flawOf(value, 0);
  return flaw === undefined ? [] : [{ path: flaw[1].reduceRight(fieldPath, path), message: flaw[0] }];
}

function flawOf(value: unknown, depth: number): Flaw | undefined {
  if (value === null || typeof value === "string" || typeof value === "boolean") return undefined;
  if (typeof value === "number") {
    return Number.isFinite(value) ? undefined : [`expected a finite number, got ${shown(value)}`, []];
  }
  if (typeof value !== "object") {
    return [`expected a value of JSON, got ${typeof value === "bigint" ? "the bigint " : ""}${shown(value)}`, []];
  }
  if (depth > deepest) return ["expected no cycle, nor more than 500 levels", []];
  const isList = Array.isArray(value);
  if (!isList && !isPlainObject(value))
    return [`expected an object without a class, got a ${value.constructor.name}`, []];
  for (const key of isList ? value.keys() : Object.keys(value)) {
    const part = (value as Readonly<Record<PropertyKey, unknown>>)[key];
    const flaw = part === undefined && !isList ? undefined : flawOf(part, depth + 1);
    if (flaw === undefined) continue;
    flaw[1].push(key);
    return flaw;
  }
  return undefined;
}
