/** Policies against the packages that do the same: a call that succeeds, which is what nearly every call does. */
import { ConsecutiveBreaker, ExponentialBackoff, TimeoutStrategy, handleAll, wrap } from "cockatiel";
import * as cockatiel from "cockatiel";
import {
  bulkhead,
  circuitBreaker,
  compose,
  exponential,
  limit,
  retry,
  retryPolicy,
  timeoutPolicy,
} from "keelson/resilience";
import pLimit from "p-limit";
import pRetry from "p-retry";
import { type Row, type Work, opsPerSecond } from "./harness.js";

const operation = (): Promise<number> => Promise.resolve(1);

const inTurn =
  (run: (fn: () => Promise<number>) => Promise<unknown>): Work =>
  async (n) => {
    for (let call = 0; call < n; call += 1) await run(operation);
  };

const batch = 1_000;
/** Many more calls at once than there are slots. */
const crowded =
  (run: (fn: () => Promise<number>) => Promise<unknown>): Work =>
  async (n) => {
    for (let done = 0; done < n; done += batch) {
      await Promise.all(Array.from({ length: Math.min(batch, n - done) }, () => run(operation)));
    }
  };

const ours = compose(
  bulkhead({ max: 100 }),
  timeoutPolicy("30s"),
  retryPolicy({ retries: 3, backoff: exponential() }),
  circuitBreaker({ trip: { kind: "consecutive", failures: 5 } }),
  timeoutPolicy("10s"),
);
const theirs = wrap(
  cockatiel.bulkhead(100),
  cockatiel.timeout(30_000, TimeoutStrategy.Cooperative),
  cockatiel.retry(handleAll, { maxAttempts: 3, backoff: new ExponentialBackoff() }),
  cockatiel.circuitBreaker(handleAll, { halfOpenAfter: 10_000, breaker: new ConsecutiveBreaker(5) }),
  cockatiel.timeout(10_000, TimeoutStrategy.Cooperative),
);

const ourBulkhead = bulkhead({ max: 10, queue: batch });
const ourLimit = limit(10);
const theirLimit = pLimit(10);

export const rows: readonly Row[] = [
  {
    id: "retry/p-retry",
    unit: "op/s",
    measure: opsPerSecond(inTurn((fn) => retry(fn))),
    against: { id: "p-retry without options", measure: opsPerSecond(inTurn((fn) => pRetry(fn))) },
  },
  {
    id: "pipeline/cockatiel",
    unit: "op/s",
    measure: opsPerSecond(inTurn((fn) => ours.execute(fn))),
    against: { id: "cockatiel, same parts", measure: opsPerSecond(inTurn((fn) => theirs.execute(fn))) },
  },
  {
    id: "bulkhead/p-limit",
    unit: "op/s",
    measure: opsPerSecond(crowded((fn) => ourBulkhead.execute(fn))),
    against: { id: "p-limit, crowded", measure: opsPerSecond(crowded((fn) => theirLimit(fn))) },
  },
  {
    id: "limit/p-limit",
    unit: "op/s",
    measure: opsPerSecond(crowded((fn) => ourLimit(fn))),
    against: { id: "p-limit, crowded", measure: opsPerSecond(crowded((fn) => theirLimit(fn))) },
  },
];
