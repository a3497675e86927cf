import type { ResourceKey } from "../resources/index.js";
import type { RetryOn } from "../scheduler/index.js";

const firstMs = 1_000;
const longestMs = 10_000;

interface Retry {
  readonly key: ResourceKey;
  readonly retryOn: readonly RetryOn[];
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
  next(key: ResourceKey, retryOn: readonly RetryOn[], now: number): number {
    const known = this.#retries.get(idOf(key));
    const isEarly = known !== undefined && now < known.at;
    const waitMs = known === undefined ? firstMs : isEarly ? known.waitMs : Math.min(longestMs, known.waitMs * 2);
    const at = isEarly ? known.at : now + waitMs;
    this.#retries.set(idOf(key), { key, retryOn, waitMs, at });
    return at - now;
  }

  forget(key: ResourceKey): void {
    this.#retries.delete(idOf(key));
  }

  /** Those that wait for this. */
  keys(happened: RetryOn): readonly ResourceKey[] {
    const waiting = [...this.#retries.values()].filter(({ retryOn }) => retryOn.includes(happened));
    return waiting.map(({ key }) => key);
  }
}

function idOf({ namespace = "default", name }: ResourceKey): string {
  return `${namespace}/${name}`;
}
