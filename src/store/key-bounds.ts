import { compareKeys } from "./key-order.js";
import type { KeyRange } from "./key-range.js";

/** Keys from `start` up to but not including `end`; without `end`, to the last key. */
export interface KeyBounds {
  /** The lowest position that belongs to the range. */
  readonly start: string;
  /** The lowest position above `start` that no longer does. */
  readonly end?: string;
}

/**
 * Writes a range of any form as a start and an end, in the order of {@link compareKeys}.
 *
 * @example
 * ```ts
 * import { keyBounds } from "keelson/store";
 *
 * keyBounds({ prefix: "/jobs/" }) // => { start: "/jobs/", end: "/jobs0" }
 * keyBounds({ key: "/jobs" }) // => { start: "/jobs", end: "/jobs\0" }
 * keyBounds({ prefix: "" }) // => { start: "" }
 * ```
 */
export function keyBounds(range: KeyRange): KeyBounds {
  if ("key" in range) return { start: range.key, end: keyAfter(range.key) };
  if ("prefix" in range) return bounds(range.prefix, afterPrefix(range.prefix));
  return bounds(range.start, range.end);
}

/**
 * The position right after a key: where to go on when a page ended with it.
 *
 * @example
 * ```ts
 * import { keyAfter } from "keelson/store";
 *
 * keyAfter("/jobs/7") // => "/jobs/7\0"
 * ```
 */
export function keyAfter(key: string): string {
  return `${key}\0`;
}

/**
 * Whether a key lies in a range.
 *
 * @example
 * ```ts
 * import { inRange } from "keelson/store";
 *
 * inRange("/jobs/7", { prefix: "/jobs/" }) // => true
 * inRange("/jobs/7", { start: "/jobs/1", end: "/jobs/7" }) // => false
 * ```
 */
export function inRange(key: string, range: KeyRange): boolean {
  if ("key" in range) return key === range.key;
  if ("prefix" in range) return key.startsWith(range.prefix);
  return compareKeys(key, range.start) >= 0 && (range.end === undefined || compareKeys(key, range.end) < 0);
}

function bounds(start: string, end: string | undefined): KeyBounds {
  return end === undefined ? { start } : { start, end };
}

/** The first position after every key with the prefix: the prefix with its last code point raised by one. */
function afterPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    const next = raised(last.codePointAt(0) ?? 0);
    if (next !== undefined) return points.join("") + next;
  }
  return undefined;
}

function raised(point: number): string | undefined {
  if (point === 0x10ffff) return undefined;
  return String.fromCodePoint(point === 0xd7ff ? 0xe000 : point + 1);
}
