import type { ResourceKey } from "../resources/index.js";

const firstMs = 1_000;
const longestMs = 10_000;

interface Retry {
  readonly key: ResourceKey;
  readonly waitMs: number;
  readonly at: number;
}

/**
 * When each of those that wait is to be tried again: after a second, doubling to ten. A try in between, because
 * something happened, moves nothing.
 *
 * @internal
 */
export class RetryTimes {
  readonly #retries = new Map<string, Retry>();

  /** Milliseconds until the next try. */
  next(key: ResourceKey, now: number): number {
    const known = this.#retries.get(idOf(key));
    if (known !== undefined && now < known.at) return known.at - now;
    const waitMs = known === undefined ? firstMs : Math.min(longestMs, known.waitMs * 2);
    this.#retries.set(idOf(key), { key, waitMs, at: now + waitMs });
    return waitMs;
  }

  forget(key: ResourceKey): void {
    this.#retries.delete(idOf(key));
  }

  /** Those that wait. */
  keys(): readonly ResourceKey[] {
    return [...this.#retries.values()].map(({ key }) => key);
  }
}

function idOf({ namespace = "default", name }: ResourceKey): string {
  return `${namespace}/${name}`;
}
