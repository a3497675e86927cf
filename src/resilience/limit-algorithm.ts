import { checkInteger, checkNumber } from "../core/check.js";

/** What is known of the calls of one window. */
export interface LimitSample {
  /** The limit that held, which need not be whole. */
  readonly limit: number;
  /** How long answered calls took on average, in milliseconds; 0 when every one was dropped. */
  readonly rttMs: number;
  /** How many ran at a time, at most. */
  readonly inflight: number;
  /** Whether one was dropped for overload. */
  readonly dropped: boolean;
  /** A random number in [0, 1), from the runtime. */
  readonly random: () => number;
}

/** Finds the concurrency that a dependency bears. */
export interface LimitAlgorithm {
  /** What to begin with. */
  readonly initial: number;
  /** The next limit. */
  readonly update: (sample: LimitSample) => number;
}

/** Between what a limit moves. */
export interface LimitBounds {
  /** What to begin with. @defaultValue `20` */
  readonly initial?: number;
  /** The lowest limit. @defaultValue `1` */
  readonly min?: number;
  /** The highest limit. @defaultValue `200` */
  readonly max?: number;
}

/** How {@link aimd} moves. */
export interface AimdOptions extends LimitBounds {
  /** What the limit is multiplied with when a call was dropped. @defaultValue `0.9` */
  readonly backoff?: number;
}

/** How {@link gradient2} moves. */
export interface Gradient2Options extends LimitBounds {
  /** How much longer calls may take than usual before the limit falls. @defaultValue `1.5` */
  readonly tolerance?: number;
  /** How many calls may queue at the other side. @defaultValue `4` */
  readonly queueSize?: number;
  /** The weight of a new limit against the old one. @defaultValue `0.2` */
  readonly smoothing?: number;
}

interface Bounds {
  readonly initial: number;
  readonly clamp: (limit: number) => number;
}

function bounds({ initial = 20, min = 1, max = 200 }: LimitBounds): Bounds {
  checkInteger("min", min, 1);
  checkInteger("max", max, min);
  checkInteger("initial", initial, min, max);
  return { initial, clamp: (limit) => Math.min(max, Math.max(min, limit)) };
}

/**
 * Additive increase, multiplicative decrease: one more while the limit is used and nothing is dropped, a tenth less
 * when something is.
 *
 * @remarks The rule of TCP congestion control, with the figures of Netflix's concurrency-limits (`AIMDLimit`).
 *
 * @example
 * ```ts
 * import { aimd } from "keelson/resilience";
 *
 * const { update } = aimd();
 * const sample = { limit: 20, rttMs: 5, inflight: 20, random: Math.random };
 * update({ ...sample, dropped: false }) // => 21
 * update({ ...sample, dropped: true }) // => 18
 * ```
 */
export function aimd(options: AimdOptions = {}): LimitAlgorithm {
  const { initial, clamp } = bounds(options);
  const { backoff = 0.9 } = options;
  checkNumber("backoff", backoff, 0.5, 1);
  return {
    initial,
    update({ limit, inflight, dropped }) {
      if (dropped) return clamp(Math.floor(limit * backoff));
      return inflight * 2 >= limit ? clamp(limit + 1) : limit;
    },
  };
}

/** How often {@link vegas} measures the unloaded time anew, in windows per unit of the limit. */
const probeMultiplier = 30;

/**
 * Keeps a short queue at the other side, estimated from how much longer calls take than when it is idle.
 *
 * @remarks
 * TCP Vegas as in Netflix's concurrency-limits (`VegasLimit`): queue `limit × (1 - idle / rtt)`, grows below
 * `3 log10(limit)`, shrinks above `6 log10(limit)`.
 *
 * @example
 * ```ts
 * import { vegas } from "keelson/resilience";
 *
 * const { update } = vegas();
 * const sample = { limit: 20, inflight: 20, dropped: false, random: Math.random };
 * update({ ...sample, rttMs: 10 }) // => 20
 * update({ ...sample, rttMs: 100 }) < 20 // => true
 * ```
 */
export function vegas(options: LimitBounds = {}): LimitAlgorithm {
  const { initial, clamp } = bounds(options);
  let idleMs = Number.POSITIVE_INFINITY;
  let untilProbe = Number.POSITIVE_INFINITY;
  return {
    initial,
    update({ limit, rttMs, inflight, dropped, random }) {
      const log = Math.max(1, Math.log10(limit));
      // First, unlike the original: what an overloaded other side answers says nothing of an idle one.
      if (dropped) return clamp(limit - log);
      untilProbe -= 1;
      if (rttMs < idleMs || untilProbe <= 0) {
        idleMs = rttMs;
        untilProbe = probeMultiplier * limit * (0.5 + random() / 2);
        return limit;
      }
      const queue = Math.ceil(limit * (1 - idleMs / rttMs));
      if (queue > 6 * log) return clamp(limit - log);
      if (inflight * 2 < limit) return limit;
      if (queue <= log) return clamp(limit + 6 * log);
      return queue < 3 * log ? clamp(limit + log) : limit;
    },
  };
}

/** Over how many windows {@link gradient2} takes what is usual. */
const usualWindow = 600;

/**
 * Follows how long calls take against how long they usually take: shrinks when they take longer than tolerated.
 *
 * @remarks
 * Netflix's concurrency-limits (`Gradient2Limit`): `limit × clamp(tolerance × usual / rtt, 0.5, 1) + queueSize`,
 * smoothed; the usual is an exponential average over 600 windows. A dropped call, which the original passes over, counts
 * as the steepest gradient: a dependency that was overloaded from the start has no better usual to compare with.
 *
 * @example
 * ```ts
 * import { gradient2 } from "keelson/resilience";
 *
 * const { update } = gradient2();
 * const sample = { limit: 20, inflight: 20, dropped: false, random: Math.random };
 * update({ ...sample, rttMs: 10 }) // => 20.8
 * update({ ...sample, rttMs: 100 }) < 20 // => true
 * ```
 */
export function gradient2(options: Gradient2Options = {}): LimitAlgorithm {
  const { initial, clamp } = bounds(options);
  const { tolerance = 1.5, queueSize = 4, smoothing = 0.2 } = options;
  checkNumber("tolerance", tolerance, 1);
  checkNumber("queueSize", queueSize, 0);
  checkNumber("smoothing", smoothing, 0, 1);
  let usualMs = Number.NaN;
  return {
    initial,
    update({ limit, rttMs, inflight, dropped }) {
      if (rttMs > 0) usualMs = Number.isNaN(usualMs) ? rttMs : usualMs + (2 / (usualWindow + 1)) * (rttMs - usualMs);
      // After an overload the usual is too long for a while; it is brought down faster than it went up.
      if (usualMs / rttMs > 2) usualMs *= 0.95;
      if (inflight < limit / 2 && !dropped) return limit;
      const steepest = 0.5;
      const rise = rttMs === 0 ? 1 : (tolerance * usualMs) / rttMs;
      const gradient = dropped ? steepest : Math.max(steepest, Math.min(1, rise));
      return clamp(limit * (1 - smoothing) + (limit * gradient + queueSize) * smoothing);
    },
  };
}
