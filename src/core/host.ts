/**
 * What the runtime takes from its host: two clocks, timers, a turn of the event loop, randomness.
 *
 * @remarks `globalThis` has this shape, in Node, Bun, Deno and browsers.
 */
export interface Host {
  /** Runs `fn` once, `ms` later. */
  readonly setTimeout: (fn: () => void, ms: number) => unknown;
  /** Forgets a timeout. */
  readonly clearTimeout: (handle: never) => void;
  /** Runs `fn` after timers and I/O had their turn; browsers lack it. */
  readonly setImmediate?: ((fn: () => void) => unknown) | undefined;
  /** The monotonic clock. */
  readonly performance: {
    /** Milliseconds since some instant. */
    readonly now: () => number;
  };
  /** The wall clock. */
  readonly Date: {
    /** Milliseconds since the epoch. */
    readonly now: () => number;
  };
}

/** The host's functions as bound calls. */
export interface HostCalls {
  readonly setTimeout: (fn: () => void, ms: number) => unknown;
  readonly clearTimeout: (handle: unknown) => void;
  readonly immediate: (fn: () => void) => void;
  readonly now: () => number;
  readonly wallNow: () => number;
}

/** Looks each function up at each call, so that whatever replaces the host's functions later is obeyed. */
export function lateCalls(host: Host): HostCalls {
  return {
    setTimeout: (fn, ms) => host.setTimeout(fn, ms),
    clearTimeout: (handle) => {
      host.clearTimeout(handle as never);
    },
    immediate: (fn) => {
      if (host.setImmediate === undefined) messageTurn(fn);
      else host.setImmediate(fn);
    },
    now: () => host.performance.now(),
    wallNow: () => host.Date.now(),
  };
}

/** Takes the host's functions as they are now, so that fake timers installed later change nothing. */
export function capturedCalls(host: Host): HostCalls {
  const { setTimeout, clearTimeout, setImmediate, performance, Date } = host;
  const now = performance.now.bind(performance);
  const wallNow = Date.now.bind(Date);
  return {
    setTimeout: (fn, ms) => setTimeout(fn, ms),
    clearTimeout: (handle) => {
      clearTimeout(handle as never);
    },
    immediate: setImmediate ?? messageTurn,
    now: () => now(),
    wallNow: () => wallNow(),
  };
}

/** A turn of the loop where there is no `setImmediate`. */
function messageTurn(fn: () => void): void {
  const { port1, port2 } = new MessageChannel();
  port1.addEventListener("message", () => {
    port1.close();
    fn();
  });
  port1.start();
  port2.postMessage(undefined);
}
