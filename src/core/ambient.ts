import type { Runtime } from "./runtime.js";
import { systemRuntime } from "./system-runtime.js";

/** Says which runtime is the ambient one; a simulation answers by the host whose turn it is. */
export interface RuntimeProvider {
  current(): Runtime;
}

interface Ambient {
  provider: RuntimeProvider | undefined;
}

// A variable, not an AsyncLocalStorage: on Node 20 one of those makes every await in the process several times dearer.
// Every copy of the package shares it, and looks it up once: reading a property of `globalThis` costs more than a send.
const ambient: Ambient = ((globalThis as Record<symbol, unknown>)[Symbol.for("keelson.runtime")] ??= {
  provider: undefined,
}) as Ambient;

/**
 * The runtime that components capture when they are constructed: the system's, unless a test has put another in place.
 *
 * @example
 * ```ts
 * import { currentRuntime, systemRuntime } from "keelson/core";
 *
 * currentRuntime() === systemRuntime() // => true
 * ```
 */
export function currentRuntime(): Runtime {
  return ambient.provider?.current() ?? systemRuntime();
}

/**
 * Puts a runtime in place of the ambient one until disposed.
 *
 * @throws Error when one is in place already: virtual worlds do not nest.
 * @internal
 */
export function provideRuntime(provider: RuntimeProvider): Disposable {
  if (ambient.provider !== undefined)
    throw new Error("Expected no other virtual runtime to be active; dispose it first");
  ambient.provider = provider;
  return {
    [Symbol.dispose]: () => {
      if (ambient.provider === provider) ambient.provider = undefined;
    },
  };
}
