import { expect, test } from "vitest";
import { circuitBreaker, constant, hedge, retry } from "keelson/resilience";
import { type DiagnosticEvents, observe } from "keelson/telemetry";
import { eachInVirtualTime, outcome, untilAborted } from "./fixture.js";

const time = eachInVirtualTime();

/** What is published on one channel while `work` runs; each payload is frozen. */
async function published<Name extends keyof DiagnosticEvents>(
  name: Name,
  work: () => Promise<unknown>,
): Promise<readonly DiagnosticEvents[Name][]> {
  const seen: DiagnosticEvents[Name][] = [];
  using _listening = observe({ [name]: (event: DiagnosticEvents[Name]) => seen.push(event) });
  const done = outcome(work());
  await time.current.runUntilIdle();
  await done;
  expect(seen.every((event) => Object.isFrozen(event))).toBe(true);
  return seen;
}

const failure = new Error("no");

test("keelson:retry:call: how many attempts, how it ended, how long it took", async () => {
  const backoff = constant("1s");
  const third = ({ attempt }: { attempt: number }) => (attempt < 3 ? Promise.reject(failure) : "done");
  expect(await published("keelson:retry:call", () => retry(third, { backoff }))).toEqual([
    { attempts: 3, outcome: "ok", durationMs: 2_000, error: undefined },
  ]);
  const never = () => retry(() => Promise.reject(failure), { backoff, retries: 1 });
  expect(await published("keelson:retry:call", never)).toEqual([
    { attempts: 2, outcome: "failed", durationMs: 1_000, error: failure },
  ]);
  const [late] = await published("keelson:retry:call", () => retry(untilAborted, { deadline: "3s" }));
  expect(late).toMatchObject({ attempts: 1, outcome: "cancelled", durationMs: 3_000, error: { code: "TIMEOUT" } });
  const aborting = (): Promise<never> => {
    const controller = new AbortController();
    const result = retry(untilAborted, { signal: controller.signal });
    controller.abort(failure);
    return result;
  };
  expect(await published("keelson:retry:call", aborting)).toMatchObject([{ outcome: "cancelled", error: failure }]);
});

test("keelson:retry:attempt, keelson:hedge, keelson:circuit", async () => {
  const second = ({ attempt }: { attempt: number }) => (attempt === 1 ? Promise.reject(failure) : "done");
  const retried = () => retry(second, { backoff: constant(8) });
  expect(await published("keelson:retry:attempt", retried)).toEqual([{ attempt: 1, delayMs: 8, error: failure }]);
  const slow = () => hedge({ after: 10, max: 2 }).execute((call) => (call.attempt < 3 ? untilAborted(call) : "done"));
  expect(await published("keelson:hedge", slow)).toEqual([{ attempt: 2 }, { attempt: 3 }]);
  const breaker = circuitBreaker({ trip: { kind: "consecutive", failures: 1 }, openFor: 10 });
  const states = await published("keelson:circuit", async () => {
    await outcome(breaker.execute(() => Promise.reject(failure)));
    await time.current.runtime.sleep(10);
    await breaker.execute(() => "done");
  });
  expect(states.map(({ from, to }) => `${from} to ${to}`)).toEqual([
    "closed to open",
    "open to halfOpen",
    "halfOpen to closed",
  ]);
});
