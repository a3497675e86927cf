/**
 * Whether two JSON values are the same, whatever the order of their keys; a field that is `undefined` is as one that is
 * absent.
 *
 * @internal
 */
export function isSameJson(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => isSameJson(item, b[index]));
  }
  if (!isPlainObject(a) || !isPlainObject(b)) return false;
  const keys = (object: Readonly<Record<string, unknown>>): string[] =>
    Object.keys(object).filter((key) => object[key] !== undefined);
  const own = keys(a);
  return own.length === keys(b).length && own.every((key) => Object.hasOwn(b, key) && isSameJson(a[key], b[key]));
}

/**
 * Whether a value is an object with fields: neither `null` nor an array.
 *
 * @internal
 */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Whether a value is an object of no class, as a literal is: what a `Map` or a `Date` holds is not in its fields.
 *
 * @internal
 */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (!isObject(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Another realm's `Object.prototype` is another object.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/**
 * What would be read back had a value been stored: a deep copy without what JSON cannot say.
 *
 * @internal
 */
export function jsonCopy(value: unknown): unknown {
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined ? undefined : (JSON.parse(text) as unknown);
}

/**
 * JSON with the fields of every object in the order of their names, so that equal values have equal texts.
 *
 * @internal
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    isObject(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  );
}
