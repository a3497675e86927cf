import { checkKnown, checkOneOf, shown } from "./check.js";

/** Checks one field; `path` is what it is called. */
export type FieldCheck = (path: string, value: unknown) => void;

/**
 * Refuses what is no plan of faults in any part, as one typed by hand or read from a file may be: it would strike nobody.
 * `kinds` has every field of each kind.
 */
export function checkPlan(
  option: string,
  faults: unknown,
  kinds: Readonly<Record<string, Readonly<Record<string, FieldCheck>>>>,
): void {
  if (!Array.isArray(faults)) {
    throw new TypeError(`Expected \`${option}\` to be an array of faults, got ${shown(faults)}`);
  }
  faults.forEach((given: Readonly<Record<string, unknown>> | null, index) => {
    const path = `${option}[${index}]`;
    const fault = { ...given };
    checkOneOf(`${path}.kind`, fault["kind"], Object.keys(kinds));
    const fields = kinds[String(fault["kind"])] ?? {};
    checkKnown(path, fault, fields);
    for (const [name, check] of Object.entries(fields)) check(`${path}.${name}`, fault[name]);
  });
}
