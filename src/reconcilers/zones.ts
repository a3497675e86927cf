/** How many of a zone's nodes there are, and how many of them are not ready. */
export interface ZoneCounts {
  readonly total: number;
  readonly down: number;
}

/** How a zone is: well, with many nodes down, or with none left. */
export type ZoneState = "normal" | "partial" | "full";

/** Rates at which nodes are given up, a second. */
export interface EvictionRates {
  /** While a zone is well, and when it is the only one that is down. */
  readonly normal: number;
  /** In a large zone with many nodes down; in a small one nothing is given up then. */
  readonly partial: number;
}

const partialShare = 0.55;
const partialDown = 2;
const largeZone = 50;

/** Kubernetes' rule (`node_lifecycle_controller.go`, `ComputeZoneState`). */
export function zoneState({ total, down }: ZoneCounts): ZoneState {
  if (total > 0 && down === total) return "full";
  return down > partialDown && down / total >= partialShare ? "partial" : "normal";
}

/**
 * How many nodes a second may be given up in a zone; 0 for none. When every zone is down, it is more likely that we are
 * the ones who are cut off.
 *
 * @internal
 */
export function evictionRate(zone: ZoneCounts, all: readonly ZoneCounts[], rates: EvictionRates): number {
  if (isDisrupted(all)) return 0;
  if (zoneState(zone) !== "partial") return rates.normal;
  return zone.total > largeZone ? rates.partial : 0;
}

/** Whether every zone is down. */
export function isDisrupted(all: readonly ZoneCounts[]): boolean {
  return all.length > 0 && all.every((zone) => zoneState(zone) === "full");
}

/**
 * Lets one thing happen at a time, in each zone, at a rate that may change.
 *
 * @internal
 */
export class Pace {
  readonly #last = new Map<string, number>();

  /** Whether it may happen now; if so, it is taken to. */
  take(zone: string, perSecond: number, now: number): boolean {
    const since = now - (this.#last.get(zone) ?? Number.NEGATIVE_INFINITY);
    if (perSecond <= 0 || since < 1_000 / perSecond) return false;
    this.#last.set(zone, now);
    return true;
  }
}
