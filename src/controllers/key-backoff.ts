import { checkNumber } from "../core/check.js";
import { type Duration, type Runtime, toMs } from "../core/index.js";

/** How long a key waits after its failures in a row: `base · 2ⁿ`, at most `cap`, spread by `jitter`. */
export interface BackoffOptions {
  /** The first wait. @defaultValue `100` */
  readonly base?: Duration;
  /** The longest wait, before it is spread. @defaultValue `"5m"` */
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

  constructor(runtime: Runtime, options?: BackoffOptions) {
    this.#runtime = runtime;
    ({ base: this.#base, cap: this.#cap, jitter: this.#jitter } = backoffMs(options));
  }

  /** Counts a failure; milliseconds until the key is to be tried again. */
  fail(key: string): number {
    const now = this.#runtime.now();
    const known = this.#failures.get(key) ?? { count: 0, countedUntil: 0 };
    this.#failures.set(key, known);
    // What is left of a window after rounding is no window.
    if (known.countedUntil - now >= 1) return known.countedUntil - now;
    const spread = 1 + this.#jitter * (2 * this.#runtime.random() - 1);
    const wait = Math.min(this.#cap, this.#base * 2 ** known.count) * spread;
    known.count += 1;
    known.countedUntil = now + wait;
    return wait;
  }

  /** Failures in a row. */
  count(key: string): number {
    return this.#failures.size === 0 ? 0 : (this.#failures.get(key)?.count ?? 0);
  }

  /** Forgets a key's failures. */
  forget(key: string): void {
    if (this.#failures.size > 0) this.#failures.delete(key);
  }
}

/** Back-off options, checked, with defaults and in milliseconds. */
export function backoffMs({ base = 100, cap = "5m", jitter = 0.2 }: BackoffOptions = {}): {
  readonly base: number;
  readonly cap: number;
  readonly jitter: number;
} {
  checkNumber("backoff.jitter", jitter, 0, 1);
  return { base: toMs(base, "backoff.base"), cap: toMs(cap, "backoff.cap"), jitter };
}
