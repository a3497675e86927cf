import { checkOneOf } from "../core/check.js";

/** How much a line matters, from the least to the most. */
export const logLevels = ["trace", "debug", "info", "warn", "error"] as const;

/** One of {@link logLevels}. */
export type LogLevel = (typeof logLevels)[number];

/** The number that pino gives a level: 10 for `trace`, 50 for `error`. */
export function levelNumber(level: LogLevel): number {
  return (logLevels.indexOf(level) + 1) * 10;
}

/** Refuses everything but a level. */
export function checkLevel(option: string, level: string): void {
  checkOneOf(option, level, logLevels);
}
