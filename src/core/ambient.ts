import type { Runtime } from "./runtime.js";
import { systemRuntime } from "./system-runtime.js";

/** Says which runtime is the ambient one; a simulation answers by the host whose turn it is. */
export interface RuntimeProvider {
  current(): Runtime;
}

// A variable, not an AsyncLocalStorage: on Node 20 one of those makes every await in the process several times dearer.
const slot: unique symbol = Symbol.for("keelson.runtime") as never;

interface Ambient {
  [slot]?: RuntimeProvider | undefined;
}

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
  return (globalThis as Ambient)[slot]?.current() ?? systemRuntime();
}

/**
 * Puts a runtime in place of the ambient one until disposed.
 *
 * @throws Error when one is in place already: virtual worlds do not nest.
 * @internal
 */
export function provideRuntime(provider: RuntimeProvider): Disposable {
  const ambient = globalThis as Ambient;
  if (ambient[slot] !== undefined) throw new Error("Expected no other virtual runtime to be active; dispose it first");
  ambient[slot] = provider;
  return {
    [Symbol.dispose]: () => {
      if (ambient[slot] === provider) ambient[slot] = undefined;
    },
  };
}
