import { checkName, checkNumber, shown } from "../core/check.js";
import { type FieldCheck, checkPlan } from "../core/check-plan.js";
import type { Fault } from "./faults.js";

type FaultOf<K extends Fault["kind"]> = Extract<Fault, { readonly kind: K }>;

const ms = number(0);
const always = { kind: () => undefined, at: ms };

/** Every field of each kind, and what it must be. */
const fields: { readonly [K in Fault["kind"]]: Readonly<Record<keyof FaultOf<K>, FieldCheck>> } = {
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

/** Refuses what is no plan. Which hosts there are is known only when it strikes. */
export function checkFaults(option: string, faults: readonly Fault[]): void {
  checkPlan(option, faults, fields);
}

function number(min: number, max?: number): FieldCheck {
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
