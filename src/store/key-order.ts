/**
 * Orders two keys by the bytes of their UTF-8 form: negative, zero or positive.
 *
 * @remarks JavaScript's own `<` compares UTF-16 units, which puts U+10000 and above before U+E000.
 *
 * @example
 * ```ts
 * import { compareKeys } from "keelson/store";
 *
 * const keys = ["\u{1f680}", "\uff5e", "a"];
 * keys.toSorted(compareKeys) // => ["a", "\uff5e", "\u{1f680}"]
 * keys.toSorted() // => ["a", "\u{1f680}", "\uff5e"]
 * ```
 */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  const shorter = Math.min(a.length, b.length);
  let index = 0;
  while (index < shorter && a.charCodeAt(index) === b.charCodeAt(index)) index += 1;
  if (index === shorter) return a.length - b.length;
  return byteOrder(a.charCodeAt(index)) - byteOrder(b.charCodeAt(index));
}

/** Moves the surrogates, which stand for the highest code points, behind U+FFFF. */
function byteOrder(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
