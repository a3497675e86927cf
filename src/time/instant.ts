import { checkNumber } from "../core/check.js";

/** Refuses what is no instant on the clock: it would be due each time it is asked for, or never. */
export function checkInstant(instant: number): void {
  checkNumber("instant", instant, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
}
