import type { Runtime } from "../core/runtime.js";
import { timeout } from "../time/index.js";

/**
 * Does `work` for so long at most. What it fails with once it was given up is nobody's business any more.
 *
 * @internal
 */
export function attempt<T>(
  runtime: Runtime,
  ms: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const quiet = async (context: { readonly signal: AbortSignal }): Promise<T> => {
    try {
      return await work(context.signal);
    } catch (error) {
      throw context.signal.aborted ? context.signal.reason : error;
    }
  };
  return timeout(ms, quiet, { signal, runtime });
}
