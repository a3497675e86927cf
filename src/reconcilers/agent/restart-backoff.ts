const firstMs = 10_000;
const longestMs = 300_000;
/** Twice the longest wait without a crash, and what was before no longer counts. */
const healthyMs = 600_000;

/**
 * How long to wait before an instance is started again: after the first end not at all, then 10 s · 2ⁿ up to 300 s; a
 * run of ten minutes forgets it. Kubernetes' numbers (`kubelet.go`, `MaxContainerBackOff`), but for the immediate first.
 *
 * @internal
 */
export class RestartBackoff {
  #ends = 0;

  /** Milliseconds to wait after a run of that length. */
  afterRun(ranMs: number): number {
    if (ranMs >= healthyMs) this.#ends = 0;
    this.#ends += 1;
    return this.#ends === 1 ? 0 : waitMs(this.#ends - 2);
  }

  /** Milliseconds to wait after a start that could not be made: trying that again at once is pointless. */
  afterFailedStart(): number {
    this.#ends += 1;
    return waitMs(this.#ends - 1);
  }
}

function waitMs(doublings: number): number {
  return Math.min(longestMs, firstMs * 2 ** doublings);
}
