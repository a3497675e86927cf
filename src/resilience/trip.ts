import { checkInteger, checkNumber, shown } from "../core/check.js";
import { type Duration, toMs } from "../core/duration.js";
import type { Runtime } from "../core/runtime.js";
import { RollingSum } from "./rolling-sum.js";

/** When a closed circuit opens. */
export type Trip =
  | {
      /** After so many failures in a row. */
      readonly kind: "consecutive";
      /** How many. */
      readonly failures: number;
    }
  | {
      /** When too great a share of the last calls failed. */
      readonly kind: "count";
      /** The share, from 0 to 1. */
      readonly threshold: number;
      /** How many calls are looked back at. */
      readonly size: number;
      /** How many must have been made before it may open. @defaultValue `size` */
      readonly minimum?: number;
    }
  | {
      /** When too great a share of the calls of the last seconds failed. */
      readonly kind: "sampling";
      /** The share, from 0 to 1. */
      readonly threshold: number;
      /** How far to look back. */
      readonly window: Duration;
      /** How many must have been made in that time before it may open. @defaultValue `10` */
      readonly minimum?: number;
    };

/** Counts outcomes; says when it is enough. */
export interface TripCounter {
  /** Counts one outcome; tells whether the circuit should open. */
  record(failed: boolean): boolean;
  /** Forgets what it has counted. */
  clear(): void;
}

/** The counter of a trip, its figures checked. */
export function tripCounter(runtime: Runtime, trip: Trip): TripCounter {
  switch (trip.kind) {
    case "consecutive":
      return consecutive(trip.failures);
    case "count":
      return count(trip.threshold, trip.size, trip.minimum ?? trip.size);
    case "sampling":
      return sampling(runtime, trip.threshold, toMs(trip.window, "trip.window"), trip.minimum ?? 10);
    default:
      throw new TypeError(
        `Expected \`trip.kind\` to be one of "consecutive", "count", "sampling", got ${shown((trip as Trip).kind)}`,
      );
  }
}

function consecutive(failures: number): TripCounter {
  checkInteger("trip.failures", failures, 1);
  let inARow = 0;
  return {
    record(failed) {
      inARow = failed ? inARow + 1 : 0;
      return inARow >= failures;
    },
    clear() {
      inARow = 0;
    },
  };
}

function count(threshold: number, size: number, minimum: number): TripCounter {
  checkNumber("trip.threshold", threshold, 0, 1);
  checkInteger("trip.size", size, 1);
  checkInteger("trip.minimum", minimum, 1, size);
  const ring: boolean[] = [];
  let next = 0;
  let failures = 0;
  return {
    record(failed) {
      if (ring[next] === true) failures -= 1;
      if (failed) failures += 1;
      ring[next] = failed;
      next = (next + 1) % size;
      return failed && ring.length >= minimum && failures / ring.length >= threshold;
    },
    clear() {
      ring.length = 0;
      next = 0;
      failures = 0;
    },
  };
}

function sampling(runtime: Runtime, threshold: number, windowMs: number, minimum: number): TripCounter {
  checkNumber("trip.threshold", threshold, 0, 1);
  checkNumber("trip.window", windowMs, 1);
  checkInteger("trip.minimum", minimum, 1);
  const sums = new RollingSum(runtime, windowMs, 2);
  return {
    record(failed) {
      sums.add(0, 1);
      if (!failed) return false;
      sums.add(1, 1);
      const calls = sums.sum(0);
      return calls >= minimum && sums.sum(1) / calls >= threshold;
    },
    clear() {
      sums.clear();
    },
  };
}
