import { shown } from "../core/check.js";
import { nearest } from "../core/spelling.js";

/** Says that a field is not known, which one may have been meant, and what it came with. */
export function unknownField(field: string, known: readonly string[], value: unknown): string {
  const meant = nearest(field, known);
  const hint = meant === undefined ? "" : ` (did you mean ${JSON.stringify(meant)}?)`;
  return `unknown field${hint}, got ${shown(value)}`;
}
