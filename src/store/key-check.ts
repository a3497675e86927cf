import { shown } from "../core/check.js";
import type { KeyRange } from "./key-range.js";

/** UTF-8 bytes a key may have. */
export const maxKeyBytes = 1_024;

const encoder = /* @__PURE__ */ new TextEncoder();
/** Under the `u` flag, surrogates that form a pair are one code point and don't match. */
const loneSurrogate = /\p{Surrogate}/u;

/**
 * Refuses everything but a key: well-formed Unicode of 1 to 1,024 UTF-8 bytes without U+0000.
 *
 * @param option - Name of what was given; it appears in the error.
 * @throws TypeError
 *
 * @example
 * ```ts
 * import { checkKey } from "keelson/store";
 *
 * checkKey("/jobs/7");
 * checkKey("half a \ud83d pair"); // throws TypeError
 * ```
 */
export function checkKey(key: string, option = "key"): void {
  if (isKey(key)) return;
  throw new TypeError(
    `Expected \`${option}\` to be well-formed Unicode of 1 to 1,024 UTF-8 bytes without U+0000, got ${shown(key)}`,
  );
}

/** Whether something may be a key. */
export function isKey(key: unknown): boolean {
  return typeof key === "string" && key !== "" && !key.includes("\0") && fits(key, maxKeyBytes);
}

/**
 * Refuses everything but a {@link KeyRange} whose bounds can be compared with keys.
 *
 * @remarks A bound is no key: it may be empty, and may contain U+0000, as the position right after a key does.
 * @param option - Name of what was given; it appears in the error.
 * @throws TypeError
 *
 * @example
 * ```ts
 * import { checkRange } from "keelson/store";
 *
 * checkRange({ prefix: "" });
 * checkRange({ key: "" }); // throws TypeError
 * ```
 */
export function checkRange(range: KeyRange, option = "range"): void {
  if (typeof range === "object" && (range as KeyRange | null) !== null) {
    if ("key" in range) {
      checkKey(range.key, `${option}.key`);
      return;
    }
    if ("prefix" in range) {
      checkBound(range.prefix, `${option}.prefix`);
      return;
    }
    if ("start" in range) {
      checkBound(range.start, `${option}.start`);
      if (range.end !== undefined) checkBound(range.end, `${option}.end`);
      return;
    }
  }
  throw new TypeError(
    `Expected \`${option}\` to be \`{ key }\`, \`{ prefix }\` or \`{ start, end? }\`, got ${shown(range)}`,
  );
}

function checkBound(bound: string, option: string): void {
  if (typeof bound === "string" && fits(bound, maxKeyBytes + 1)) return;
  throw new TypeError(
    `Expected \`${option}\` to be well-formed Unicode of at most 1,025 UTF-8 bytes, got ${shown(bound)}`,
  );
}

function fits(text: string, maxBytes: number): boolean {
  // A UTF-16 unit takes at most three bytes, so that most keys need no encoding to be measured.
  if (text.length * 3 > maxBytes && encoder.encode(text).length > maxBytes) return false;
  return !loneSurrogate.test(text);
}
