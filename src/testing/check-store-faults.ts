import { checkInteger, checkNumber, checkOneOf, shown } from "../core/check.js";
import { type FieldCheck, checkPlan } from "../core/check-plan.js";
import { type Duration, toMs } from "../core/index.js";
import type { FaultyMethod, StoreFault } from "./faults-plan.js";

type FaultOf<K extends StoreFault["kind"]> = Extract<StoreFault, { readonly kind: K }>;

const methods: readonly FaultyMethod[] = ["get", "range", "txn", "grantLease", "keepAlive", "revoke", "compact"];
const target = { kind: () => undefined, nth: optional(nth), chance: optional(chance) };
const call = { ...target, method: optional(method), delay: optional(duration) };

/** Every field of each kind, and what it must be. */
const fields: { readonly [K in StoreFault["kind"]]: Readonly<Record<keyof FaultOf<K>, FieldCheck>> } = {
  latency: call,
  failBefore: call,
  failAfter: call,
  watchGap: target,
  watchDuplicate: target,
  leaseLoss: { ...target, after: duration },
};

/** Refuses what is no plan. */
export function checkStoreFaults(faults: readonly StoreFault[]): void {
  checkPlan("faults", faults, fields);
}

function optional(check: FieldCheck): FieldCheck {
  return (path, value) => {
    if (value !== undefined) check(path, value);
  };
}

function nth(path: string, value: unknown): void {
  if (!Array.isArray(value)) throw new TypeError(`Expected \`${path}\` to be an array of numbers, got ${shown(value)}`);
  value.forEach((number: number, index) => {
    checkInteger(`${path}[${index}]`, number, 1);
  });
}

function chance(path: string, value: unknown): void {
  checkNumber(path, value as number, 0, 1);
}

function method(path: string, value: unknown): void {
  checkOneOf(path, value, methods);
}

function duration(path: string, value: unknown): void {
  toMs(value as Duration, path);
}
