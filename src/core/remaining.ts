import { toMs } from "./duration.js";
import type { Runtime } from "./runtime.js";
import type { WaitOptions } from "./wait.js";

/**
 * One deadline for several waits in a row: what each may still take.
 *
 * @internal
 */
export function remaining(runtime: Runtime, { signal, timeout }: WaitOptions): () => WaitOptions {
  if (timeout === undefined) return () => ({ signal });
  const deadline = runtime.now() + toMs(timeout, "timeout");
  return () => ({ signal, timeout: Math.max(0, deadline - runtime.now()) });
}
