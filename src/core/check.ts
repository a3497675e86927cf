/** Checks at the door: each names the option, what was expected and what came. */

const longest = 60;

/**
 * A value as an error message may show it: short (a string that is cut off has no closing quote), and never the contents
 * of an object.
 */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value).slice(0, longest);
  if (Object(value) !== value) return `\`${String(value)}\``;
  return typeof value === "function" ? "a function" : `an ${Array.isArray(value) ? "array" : "object"}`;
}

/** Refuses everything but an integer between `min` and `max`. */
export function checkInteger(option: string, value: number, min: number, max?: number): void {
  if (Number.isSafeInteger(value) && value >= min && value <= (max ?? value)) return;
  const range = max === undefined ? `of at least ${min}` : `from ${min} to ${max}`;
  throw new RangeError(`Expected \`${option}\` to be an integer ${range}, got ${shown(value)}`);
}

/** Refuses everything but a finite number between `min` and `max`. */
export function checkNumber(option: string, value: number, min: number, max: number = Number.MAX_VALUE): void {
  if (typeof value === "number" && value >= min && value <= max) return;
  const range = max === Number.MAX_VALUE ? `of at least ${min}` : `from ${min} to ${max}`;
  throw new RangeError(`Expected \`${option}\` to be a number ${range}, got ${shown(value)}`);
}

/** Refuses everything but a finite number above 0. */
export function checkPositive(option: string, value: number): void {
  if (Number.isFinite(value) && value > 0) return;
  throw new RangeError(`Expected \`${option}\` to be a finite number above 0, got ${shown(value)}`);
}

/** Refuses everything but an object. */
export function checkObject(option: string, value: unknown): void {
  if (typeof value === "object" && value !== null) return;
  throw new TypeError(`Expected \`${option}\` to be an object, got ${shown(value)}`);
}

/**
 * Refuses everything but an object of which all names are among `known`'s: one that is misspelt would be ignored.
 * `known` has every name there is.
 */
export function checkKnown<T extends object>(
  option: string,
  value: T,
  known: Readonly<Record<keyof T, unknown>>,
): void {
  checkObject(option, value);
  const unknown = Object.keys(value).find((name) => !Object.hasOwn(known, name));
  if (unknown === undefined) return;
  const names = Object.keys(known).map((name) => `\`${name}\``);
  throw new TypeError(`Expected \`${option}\` to have nothing but ${names.join(", ")}, got ${shown(unknown)}`);
}

/** Refuses everything but an object with a function of that name, such as a promise of one. */
export function checkMethod(option: string, value: unknown, method: string): void {
  checkObject(option, value);
  checkFunction(`${option}.${method}`, (value as Readonly<Record<string, unknown>>)[method]);
}

/** Refuses everything but an array. */
export function checkArray(option: string, value: unknown): void {
  if (Array.isArray(value)) return;
  throw new TypeError(`Expected \`${option}\` to be an array, got ${shown(value)}`);
}

/** Refuses everything but a function. */
export function checkFunction(option: string, value: unknown): void {
  if (typeof value === "function") return;
  throw new TypeError(`Expected \`${option}\` to be a function, got ${shown(value)}`);
}

/** Refuses everything but a non-empty string. */
export function checkName(option: string, value: unknown): void {
  if (typeof value === "string" && value !== "") return;
  throw new TypeError(`Expected \`${option}\` to be a non-empty string, got ${shown(value)}`);
}

/** Refuses everything but one of `allowed`. */
export function checkOneOf(option: string, value: unknown, allowed: readonly string[]): void {
  if (typeof value === "string" && allowed.includes(value)) return;
  throw new TypeError(
    `Expected \`${option}\` to be one of ${allowed.map((name) => JSON.stringify(name)).join(", ")}, got ${shown(value)}`,
  );
}
