import type { Runtime } from "../../../core/runtime.js";

const firstMs = 20;
const longestMs = 250;

/** How long to wait after so many failures in a row: at first hardly at all, since a lost connection is soon replaced. */
export function retryPause(runtime: Runtime, failures: number): number {
  return Math.min(longestMs, firstMs * 2 ** (failures - 1)) * (0.5 + runtime.random() / 2);
}
