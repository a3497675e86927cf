/**
 * A copy of a message, as the wire makes it: hosts share no memory.
 *
 * @remarks Plain objects, arrays and bytes are copied by hand, which is several times faster than `structuredClone`.
 */
export function copyMessage<T>(message: T): T {
  return copied(message) as T;
}

function copied(value: unknown): unknown {
  if (typeof value === "function" || typeof value === "symbol")
    throw new TypeError(`Expected a message without functions and symbols, got a ${typeof value}`);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copied);
  if (value instanceof Uint8Array) return value.slice();
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return structuredClone(value);
  const copy: Record<string, unknown> = {};
  for (const [key, part] of Object.entries(value)) copy[key] = copied(part);
  return copy;
}
