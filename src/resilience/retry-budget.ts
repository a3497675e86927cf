/** How an attempt ended, as a {@link RetryBudget} sees it; `"cancelled"` says nothing about the other side. */
export type AttemptOutcome = "ok" | "failed" | "cancelled";

/**
 * How much extra load all callers of one dependency may put on it together, by retries and hedges.
 *
 * @remarks
 * Share one budget among everything that calls the same dependency. An exhausted budget suppresses the extra attempt
 * only: what was tried already keeps its result. Make one with `retryBudget`.
 */
export interface RetryBudget {
  /** Counts a first attempt, which is always made. */
  first(): void;
  /** Asks for a further attempt; it counts as under way if the answer is `true`. */
  extra(): boolean;
  /** Says how an attempt ended. */
  ended(kind: "first" | "extra", outcome: AttemptOutcome): void;
}
