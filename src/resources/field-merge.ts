import { isObject } from "./json.js";

/**
 * Merges what a manager wants into what is there: fields it names are set, fields it named before and leaves out now
 * are removed unless another manager names them, all others stay. Objects merge field by field; anything else, arrays
 * included, is replaced whole.
 *
 * @param last - What the manager applied before.
 * @param others - What the other managers applied.
 */
export function mergeFields(current: unknown, desired: unknown, last: unknown, others: readonly unknown[]): unknown {
  if (!isObject(current) || !isObject(desired)) return desired;
  const merged: Record<string, unknown> = { ...current };
  if (isObject(last)) {
    for (const field of Object.keys(last)) {
      if (!isSet(desired, field) && Object.hasOwn(merged, field)) dropField(merged, field, last[field], others);
    }
  }
  for (const [field, value] of Object.entries(desired)) {
    // Assigning to that name would set the prototype.
    if (value === undefined || field === "__proto__") continue;
    merged[field] = mergeFields(own(merged, field), value, own(last, field), below(others, field));
  }
  return merged;
}

/** Removes a field that the manager gave up; of an object, only what is in it of the manager's. */
function dropField(merged: Record<string, unknown>, field: string, last: unknown, others: readonly unknown[]): void {
  const theirs = below(others, field);
  const value = merged[field];
  if (isObject(value) && isObject(last)) {
    const rest = mergeFields(value, {}, last, theirs);
    if (theirs.length > 0 || (isObject(rest) && Object.keys(rest).length > 0)) {
      merged[field] = rest;
      return;
    }
  } else if (theirs.length > 0) {
    return;
  }
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- the object is a copy of ours, used as a map
  delete merged[field];
}

function below(others: readonly unknown[], field: string): readonly unknown[] {
  return others.map((other) => own(other, field)).filter((value) => value !== undefined);
}

function own(value: unknown, field: string): unknown {
  return isObject(value) && Object.hasOwn(value, field) ? value[field] : undefined;
}

function isSet(value: unknown, field: string): boolean {
  return own(value, field) !== undefined;
}

/** Merges a list that is a set: what the manager gave before and leaves out now goes, unless others give it, too. */
export function mergeSet<T>(
  current: readonly T[],
  desired: readonly T[],
  last: readonly T[],
  others: readonly T[],
  identity: (item: T) => string,
): readonly T[] {
  const wanted = new Map(desired.map((item) => [identity(item), item]));
  const held = new Set([...wanted.keys(), ...others.map(identity)]);
  const given = new Set(last.map(identity).filter((id) => !held.has(id)));
  const kept = current.filter((item) => !given.has(identity(item))).map((item) => wanted.get(identity(item)) ?? item);
  const present = new Set(kept.map(identity));
  return [...kept, ...[...wanted].filter(([id]) => !present.has(id)).map(([, item]) => item)];
}
