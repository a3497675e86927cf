/**
 * A channel of per-operation events, as `node:diagnostics_channel` has them.
 *
 * @remarks Guard every publication with `hasSubscribers`, so that nothing is computed while nobody listens (≈ 1 ns).
 */
export interface DiagnosticsChannel<T = unknown> {
  /** Whether anybody listens. */
  readonly hasSubscribers: boolean;
  /** Hands `message` to everybody who listens, at once. */
  publish(message: T): void;
}

const silent: DiagnosticsChannel = { hasSubscribers: false, publish: () => undefined };

interface Builtins {
  readonly process?: { getBuiltinModule?(id: string): unknown };
}

/**
 * The channel of that name; a silent stand-in where the host has none (browsers).
 *
 * @example
 * ```ts
 * import { subscribe } from "node:diagnostics_channel";
 * import { diagnosticsChannel } from "keelson/core";
 *
 * const sends = diagnosticsChannel("example:send");
 * const seen: unknown[] = [];
 * subscribe("example:send", (message) => seen.push(message));
 * if (sends.hasSubscribers) sends.publish({ depth: 3 });
 * seen // => [{ depth: 3 }]
 * ```
 */
export function diagnosticsChannel<T = unknown>(name: string): DiagnosticsChannel<T> {
  const builtin = (globalThis as Builtins).process?.getBuiltinModule?.("node:diagnostics_channel");
  if (builtin === undefined) return silent;
  return (builtin as { channel(name: string): DiagnosticsChannel<T> }).channel(name);
}
