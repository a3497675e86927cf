import { keyBounds } from "../../key-bounds.js";
import type { KeyRange } from "../../key-range.js";

const encoder = /* @__PURE__ */ new TextEncoder();
const decoder = /* @__PURE__ */ new TextDecoder();

/** No key's UTF-8 form has this byte, so that it is above all keys. */
const aboveAll = /* @__PURE__ */ Uint8Array.of(0xff);

/** A key as it is stored, so that the database orders keys by their bytes. */
export function toBytes(key: string): Uint8Array {
  return encoder.encode(key);
}

export function toKey(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** The bounds of a range: from the first up to but not including the second. */
export function byteBounds(range: KeyRange): readonly [start: Uint8Array, end: Uint8Array] {
  const { start, end } = keyBounds(range);
  return [toBytes(start), end === undefined ? aboveAll : toBytes(end)];
}
