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

/** The host's functions as they are now, so that fake timers installed later change nothing. */
export function captured(host: Host): Host {
  const { setTimeout, clearTimeout, setImmediate, performance, Date } = host;
  return {
    setTimeout: setTimeout.bind(host),
    clearTimeout: clearTimeout.bind(host),
    setImmediate: setImmediate?.bind(host),
    performance: { now: performance.now.bind(performance) },
    Date: { now: Date.now.bind(Date) },
  };
}

/** Runs `fn` in a turn of the loop to come. */
export function immediate(host: Host, fn: () => void): void {
  if (host.setImmediate === undefined) messageTurn(fn);
  else host.setImmediate(fn);
}

/** A turn of the loop where there is no `setImmediate`. */
function messageTurn(fn: () => void): void {
  const { port1, port2 } = new MessageChannel();
  Object.assign(port1, {
    onmessage: () => {
      port1.close();
      fn();
    },
  });
  port2.postMessage(undefined);
}
