import { checkKnown, checkName, checkNumber, checkOneOf, shown } from "../core/check.js";
import type { Fault } from "./faults.js";

type Check = (path: string, value: unknown) => void;
type FaultOf<K extends Fault["kind"]> = Extract<Fault, { readonly kind: K }>;

const ms = number(0);
const always = { kind: () => undefined, at: ms };

/** Every field of each kind, and what it must be. */
const fields: { readonly [K in Fault["kind"]]: Readonly<Record<keyof FaultOf<K>, Check>> } = {
  crash: { ...always, host, lasts: ms },
  pause: { ...always, host, lasts: ms },
  partition: { ...always, between, oneWay, lasts: ms },
  hold: { ...always, between, lasts: ms },
  swizzle: { ...always, hosts: hostNames, lasts: ms },
  skew: { ...always, host, by: number(-Number.MAX_VALUE) },
  drift: { ...always, host, rate: number(-0.9, 9), lasts: ms },
};

/** What may strike. */
export const faultKinds: readonly Fault["kind"][] = Object.keys(fields) as readonly Fault["kind"][];

/**
 * Refuses what is no plan in any part, as one typed by hand or read from a file may be: it would strike nobody. Which
 * hosts there are is known only when it strikes.
 */
export function checkFaults(option: string, faults: readonly Fault[]): void {
  if (!Array.isArray(faults)) {
    throw new TypeError(`Expected \`${option}\` to be an array of faults, got ${shown(faults)}`);
  }
  faults.forEach((fault: Fault, index) => {
    const path = `${option}[${index}]`;
    checkOneOf(`${path}.kind`, (fault as Fault | null)?.kind, faultKinds);
    const known: Readonly<Record<string, Check>> = fields[fault.kind];
    checkKnown<Readonly<Record<string, unknown>>>(path, { ...fault }, known);
    for (const [name, check] of Object.entries(known)) check(`${path}.${name}`, fault[name as keyof Fault]);
  });
}

function number(min: number, max?: number): Check {
  return (path, value) => {
    checkNumber(path, value as number, min, max);
  };
}

function host(path: string, value: unknown): void {
  checkName(path, value);
  if (value === "test") throw new TypeError(`Expected \`${path}\` to be another host than the test itself, got "test"`);
}

/** Refuses everything but an array of names. */
export function hostNames(path: string, value: unknown): void {
  if (!Array.isArray(value) || value.length === 0) {
    throw new TypeError(`Expected \`${path}\` to be an array of hosts, got ${shown(value)}`);
  }
  value.forEach((name, index) => {
    checkName(`${path}[${index}]`, name);
  });
}

function between(path: string, value: unknown): void {
  hostNames(path, value);
  const [one, other, ...more] = value as readonly unknown[];
  if (one !== other && other !== undefined && more.length === 0) return;
  throw new TypeError(`Expected \`${path}\` to be two hosts, got ${JSON.stringify(value)}`);
}

function oneWay(path: string, value: unknown): void {
  if (value === undefined || typeof value === "boolean") return;
  throw new TypeError(`Expected \`${path}\` to be true or false, got ${shown(value)}`);
}
