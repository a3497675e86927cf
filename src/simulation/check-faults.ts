import { checkName, checkNumber, checkOneOf } from "../core/check.js";
import type { Fault } from "./faults.js";

const kinds: readonly Fault["kind"][] = ["crash", "pause", "partition", "hold", "swizzle", "skew", "drift"];

/** Refuses what is no plan, as one typed by hand may be: it would strike nobody. Hosts are looked for when it strikes. */
export function checkFaults(faults: readonly Fault[]): void {
  for (const fault of faults) {
    checkOneOf("kind", fault.kind, kinds);
    checkNumber("at", fault.at, 0);
    if (fault.kind !== "skew") checkNumber("lasts", fault.lasts, 0);
    for (const [option, host] of hostsOf(fault)) checkName(option, host);
    if (fault.kind === "skew") checkNumber("by", fault.by, -Number.MAX_VALUE);
    if (fault.kind === "drift") checkNumber("rate", fault.rate, -1);
  }
}

/** Whom it strikes, as far as it says so: one for each host there must be. */
function hostsOf(fault: Fault): readonly (readonly [option: string, host: unknown])[] {
  if (fault.kind === "swizzle") return [fault.hosts].flat().map((host) => ["hosts", host]);
  if (fault.kind !== "partition" && fault.kind !== "hold") return [["host", fault.host]];
  const [one, other]: readonly unknown[] = [fault.between].flat();
  return [
    ["between", one],
    ["between", other],
  ];
}
