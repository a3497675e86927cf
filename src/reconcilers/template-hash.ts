/**
 * A short name for a template: equal templates have equal names, whatever the order of their keys.
 *
 * @remarks FNV-1a over the canonical JSON, 32 bits in base 32. It names versions; it protects nothing.
 * @internal
 */
export function templateHash(template: unknown, collisions = 0): string {
  let hash = 0x811c9dc5;
  const text = collisions === 0 ? canonical(template) : `${canonical(template)}#${String(collisions)}`;
  for (const unit of new TextEncoder().encode(text)) {
    hash = Math.imul(hash ^ unit, 0x01000193) >>> 0;
  }
  return hash.toString(32).padStart(7, "0");
}

/**
 * JSON with sorted keys and without those that are `undefined`: equal values have equal texts.
 *
 * @internal
 */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  const sorted = entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${sorted.map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`).join(",")}}`;
}
