import { type Duration, type Runtime, toMs } from "../core/index.js";

/** How long a key waits after its failures in a row: `base · 2ⁿ`, at most `cap`, spread by `jitter`. */
export interface BackoffOptions {
  /** The first wait. @defaultValue `100` */
  readonly base?: Duration;
  /** The longest wait. @defaultValue `"5m"` */
  readonly cap?: Duration;
  /** The share of a wait that is random, from 0 to 1: 0.2 means between 80 % and 120 %. @defaultValue `0.2` */
  readonly jitter?: number;
}

/**
 * client-go's back-off: 5 ms doubling to 1000 s, without jitter.
 *
 * @remarks Source: `DefaultTypedControllerRateLimiter` of k8s.io/client-go, without its bucket.
 */
export const clientGo: BackoffOptions = { base: 5, cap: "1000s", jitter: 0 };

interface Failures {
  count: number;
  /** Failures before this instant belong to the window that has been counted. */
  countedUntil: number;
}

/**
 * Counts each key's failures; at most one per back-off window, or a key that is woken early again and again would wait
 * ever longer for what is one and the same failure.
 *
 * @internal
 */
export class KeyBackoff {
  readonly #runtime: Runtime;
  readonly #base: number;
  readonly #cap: number;
  readonly #jitter: number;
  readonly #failures = new Map<string, Failures>();

  constructor(runtime: Runtime, { base = 100, cap = "5m", jitter = 0.2 }: BackoffOptions = {}) {
    this.#runtime = runtime;
    this.#base = toMs(base, "backoff.base");
    this.#cap = toMs(cap, "backoff.cap");
    this.#jitter = jitter;
  }

  /** Counts a failure; milliseconds until the key is to be tried again. */
  fail(key: string): number {
    const now = this.#runtime.now();
    const known = this.#failures.get(key) ?? { count: 0, countedUntil: 0 };
    this.#failures.set(key, known);
    if (known.countedUntil > now) return known.countedUntil - now;
    const wait =
      Math.min(this.#cap, this.#base * 2 ** known.count) * (1 + this.#jitter * (2 * this.#runtime.random() - 1));
    known.count += 1;
    known.countedUntil = now + wait;
    return wait;
  }

  /** Failures in a row. */
  count(key: string): number {
    return this.#failures.get(key)?.count ?? 0;
  }

  succeed(key: string): void {
    this.#failures.delete(key);
  }
}
