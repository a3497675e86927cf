import type { Runtime } from "../core/runtime.js";

/** Tells for how many milliseconds something has been so, as far as those who asked could see. */
export function since(runtime: Runtime): (isSo: boolean) => number {
  let from: number | undefined;
  return (isSo) => {
    if (!isSo) from = undefined;
    else from ??= runtime.now();
    return from === undefined ? 0 : runtime.now() - from;
  };
}
