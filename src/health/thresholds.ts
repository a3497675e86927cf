import type { HealthStatus } from "../core/health.js";

/** From where on a figure is worth a warning, and from where on it is a failure. */
export interface Thresholds<T> {
  /** From here on it warns. */
  readonly warn?: T | undefined;
  /** From here on it fails. */
  readonly fail?: T | undefined;
}

/** What a figure that should be low amounts to. */
export function levelOf(
  figure: number,
  { warn, fail }: { readonly warn: number; readonly fail: number },
): HealthStatus {
  if (figure >= fail) return "fail";
  return figure >= warn ? "warn" : "pass";
}
