import { shown } from "../core/check.js";
import type { FieldIssue } from "./errors.js";
import { fieldPath } from "./field-path.js";
import { isPlainObject } from "./json.js";

/** Deeper than any data is that somebody writes, and less deep than the stack. */
const deepest = 500;

/**
 * What of a value would not be read back as it is had it been stored as JSON: the first such part, if any. A field that
 * is `undefined` is as one that is absent.
 */
export function jsonIssues(path: string, value: unknown): FieldIssue[] {
  const issue = firstIssue(value, 0);
  return issue === undefined ? [] : [{ path: issue.steps.reduceRight(fieldPath, path), message: issue.message }];
}

/** An issue, and the way to it from the inside out, which nothing is spent on while there is none. */
interface Found {
  readonly steps: PropertyKey[];
  readonly message: string;
}

function firstIssue(value: unknown, depth: number): Found | undefined {
  switch (typeof value) {
    case "string":
    case "boolean":
      return undefined;
    case "number":
      return Number.isFinite(value) ? undefined : found(`expected a finite number, got ${shown(value)}`);
    case "object":
      return value === null ? undefined : issueWithin(value, depth + 1);
    case "bigint":
      return found(`expected a value of JSON, got the bigint ${shown(value)}`);
    case "undefined":
    case "function":
    case "symbol":
      return found(`expected a value of JSON, got ${shown(value)}`);
  }
}

function issueWithin(value: object, depth: number): Found | undefined {
  if (depth > deepest) return found("expected no cycle, nor more than 500 levels");
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      const issue = firstIssue(value[index], depth);
      if (issue !== undefined) return within(index, issue);
    }
    return undefined;
  }
  if (!isPlainObject(value)) return found(`expected an object without a class, got a ${classOf(value)}`);
  for (const key of Object.keys(value)) {
    const field = value[key];
    const issue = field === undefined ? undefined : firstIssue(field, depth);
    if (issue !== undefined) return within(key, issue);
  }
  return undefined;
}

function found(message: string): Found {
  return { steps: [], message };
}

function within(step: PropertyKey, issue: Found): Found {
  issue.steps.push(step);
  return issue;
}

function classOf(value: object): string {
  const { constructor } = value as { readonly constructor?: { readonly name?: unknown } };
  return typeof constructor?.name === "string" && constructor.name !== "" ? constructor.name : "class of its own";
}
