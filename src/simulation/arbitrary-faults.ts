import { checkInteger, checkKnown, checkOneOf } from "../core/check.js";
import { type Duration, toMs } from "../core/duration.js";
import { faultKinds, hostNames } from "./check-faults.js";
import type { Fault } from "./faults.js";

/** What {@link arbitraryFaults} needs of `fast-check`, from version 4: pass the module itself. */
export interface FastCheck {
  /** Draws an integer. */
  integer(range: { readonly min: number; readonly max: number }): unknown;
  /** Draws one of some arbitraries. */
  oneof(...arbitraries: readonly never[]): unknown;
}

/** An arbitrary of plans: an `Arbitrary<readonly Fault[]>` of `fast-check`, said without naming its types. */
export interface FaultArbitrary {
  /** For `fast-check`. */
  generate(random: never, biasFactor: never): never;
  /** For `fast-check`. */
  canShrinkWithoutContext(value: unknown): value is readonly Fault[];
  /** For `fast-check`. */
  shrink(value: readonly Fault[], context: never): never;
  /** For `fast-check`. */
  readonly filter: (...args: never) => never;
  /** For `fast-check`. */
  readonly map: (...args: never) => never;
  /** For `fast-check`. */
  readonly chain: (...args: never) => never;
}

/** What plans are made of. */
export interface FaultPlanOptions {
  /** Which hosts are struck. */
  readonly hosts: readonly string[];
  /** Faults begin within this time. */
  readonly horizon: Duration;
  /** What strikes them. @defaultValue `["crash", "pause", "partition"]`; without the last where `links` are too few */
  readonly kinds?: readonly Fault["kind"][];
  /** Between which hosts partitions and holds are: two at least. @defaultValue `hosts` */
  readonly links?: readonly string[];
  /** The longest a fault lasts. @defaultValue half of `horizon` */
  readonly longest?: Duration;
  /** The most faults a plan has. @defaultValue `8` */
  readonly max?: number;
}

/** `fast-check`, as far as it is used here; its own types are generic beyond what can be said without it. */
interface Arbitraries {
  integer(range: { readonly min: number; readonly max: number }): unknown;
  double(range: { readonly min: number; readonly max: number; readonly noNaN: boolean }): unknown;
  boolean(): unknown;
  constant(value: unknown): unknown;
  constantFrom(...values: readonly unknown[]): unknown;
  record(fields: Readonly<Record<string, unknown>>): unknown;
  oneof(...arbitraries: readonly unknown[]): unknown;
  array(of: unknown, range: { readonly maxLength: number; readonly size: "max" }): unknown;
  subarray(of: readonly unknown[], range: { readonly minLength: number }): unknown;
}

/** The options of plans with what is meant where nothing is said. */
interface Plans {
  readonly hosts: readonly string[];
  readonly links: readonly string[];
  readonly kinds: readonly Fault["kind"][];
  readonly horizon: number;
  readonly longest: number;
  readonly max: number;
}

/**
 * Plans of faults as a `fast-check` arbitrary: plain data, so that a plan that fails shrinks to the few faults that
 * matter. Draw the seed of the simulation beside it, under `fc.noShrink`.
 *
 * @param fc - The module `fast-check`, from version 4.
 *
 * @example
 * ```ts
 * import fc from "fast-check";
 * import { applyFaults, arbitraryFaults, simulate } from "keelson/simulation";
 *
 * const plans = arbitraryFaults(fc, { hosts: ["a", "b"], horizon: "10s" });
 * await fc.assert(
 *   fc.asyncProperty(fc.noShrink(fc.nat()), plans, async (seed, faults) => {
 *     await simulate({ seed, duration: "20s" }, (sim) => {
 *       for (const name of ["a", "b"]) sim.host(name, () => {});
 *       applyFaults(sim, faults);
 *     });
 *   }),
 *   { numRuns: 10 },
 * );
 * ```
 */
export function arbitraryFaults(fc: FastCheck, options: FaultPlanOptions): FaultArbitrary {
  const plans = checkPlans(options);
  const use = fc as unknown as Arbitraries;
  const faults = plans.kinds.map((kind) => arbitraryFault(use, kind, plans));
  return use.array(use.oneof(...faults), { maxLength: plans.max, size: "max" }) as FaultArbitrary;
}

/** Refuses what no plans can be made of. */
export function checkPlans(options: FaultPlanOptions): Plans {
  checkKnown("plans", options, { hosts: true, horizon: true, kinds: true, links: true, longest: true, max: true });
  const { hosts, links = hosts, max = 8 } = options;
  checkHosts("hosts", hosts, 1);
  const usual: Plans["kinds"] = links.length < 2 ? ["crash", "pause"] : ["crash", "pause", "partition"];
  const { kinds = usual } = options;
  checkInteger("kinds.length", kinds.length, 1);
  for (const kind of kinds) checkOneOf("kinds", kind, faultKinds);
  const needsLinks = options.links !== undefined || kinds.includes("partition") || kinds.includes("hold");
  if (needsLinks) checkHosts("links", links, 2);
  checkInteger("max", max, 1);
  const horizon = Math.floor(toMs(options.horizon, "horizon"));
  const longest = options.longest === undefined ? Math.ceil(horizon / 2) : Math.floor(toMs(options.longest, "longest"));
  return { hosts, links, kinds, horizon, longest, max };
}

function checkHosts(option: string, names: readonly string[], least: number): void {
  hostNames(option, names);
  checkInteger(`${option}.length`, new Set(names).size, least);
}

function arbitraryFault(fc: Arbitraries, kind: Fault["kind"], { hosts, links, horizon, longest }: Plans): unknown {
  const at = fc.integer({ min: 0, max: horizon });
  const lasts = fc.integer({ min: 1, max: Math.max(1, longest) });
  const host = fc.constantFrom(...hosts);
  const pairs = links.flatMap((one) => links.filter((other) => other !== one).map((other) => [one, other]));
  const named = { kind: fc.constant(kind), at };
  switch (kind) {
    case "crash":
    case "pause":
      return fc.record({ ...named, host, lasts });
    case "partition":
      return fc.record({ ...named, between: fc.constantFrom(...pairs), oneWay: fc.boolean(), lasts });
    case "hold":
      return fc.record({ ...named, between: fc.constantFrom(...pairs), lasts });
    case "swizzle":
      return fc.record({ ...named, hosts: fc.subarray(hosts, { minLength: 1 }), lasts });
    case "skew":
      return fc.record({ ...named, host, by: fc.integer({ min: -longest, max: longest }) });
    case "drift":
      return fc.record({ ...named, host, lasts, rate: fc.double({ min: -0.2, max: 0.2, noNaN: true }) });
  }
}
