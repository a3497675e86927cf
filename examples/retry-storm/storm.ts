import { type Backoff, type RetryBudget, exponential, retryPolicy } from "keelson/resilience";
import { virtualTime } from "keelson/testing";
import { interval, sleep } from "keelson/time";

/** Two hundred clients, each with five requests a second, of a backend that fails for half a minute. */
export const storm = { clients: 200, everyMs: 200, failsFrom: 5, failsUntil: 35, seconds: 40 } as const;

/** Everything happens at multiples of this, so that the clock has fewer instants to stop at. */
const gridMs = 5;

const down = new Error("down");

/** What arrived at the backend. */
export interface Load {
  /** Requests that the clients wanted answered, by the second in which they began. */
  readonly wanted: readonly number[];
  /** Requests that the backend got, retries included, by the second. */
  readonly offered: readonly number[];
  /** Offered to wanted while the backend failed. */
  readonly amplification: number;
}

/** Plays the storm on virtual time; all clients retry three times, within `budget` where there is one. */
export async function playStorm(makeBudget?: () => RetryBudget, clients: number = storm.clients): Promise<Load> {
  using time = virtualTime();
  const { runtime } = time;
  const [wanted, offered] = [perSecond(), perSecond()];
  const second = (): number => Math.floor(runtime.now() / 1_000);

  const backend = async (): Promise<void> => {
    count(offered, second());
    if (second() >= storm.failsFrom && second() < storm.failsUntil) throw down;
    await sleep(10);
  };

  const jittered = exponential({ base: 100, cap: "2s" });
  const backoff: Backoff = (failed) => Math.round(jittered(failed) / gridMs) * gridMs;
  const retries = retryPolicy({ retries: 3, backoff, budget: makeBudget?.() });
  const stop = new AbortController();
  const client = async (number: number): Promise<void> => {
    await sleep(Math.floor((number * storm.everyMs) / clients / gridMs) * gridMs);
    const requests = interval(storm.everyMs);
    for (;;) {
      await requests.tick({ signal: stop.signal });
      count(wanted, second());
      retries.execute(backend).catch(() => undefined); // a client does not wait for one answer to ask the next
    }
  };
  const running = Array.from({ length: clients }, (_, number) => client(number).catch(() => undefined));

  await time.advance(storm.seconds * 1_000);
  stop.abort();
  await Promise.all(running);
  return { wanted, offered, amplification: during(offered) / during(wanted) };
}

function perSecond(): number[] {
  return new Array<number>(storm.seconds).fill(0);
}

function count(counts: number[], second: number): void {
  if (second < storm.seconds) counts[second] = (counts[second] ?? 0) + 1;
}

function during(counts: readonly number[]): number {
  return counts.slice(storm.failsFrom, storm.failsUntil).reduce((sum, each) => sum + each, 0);
}
