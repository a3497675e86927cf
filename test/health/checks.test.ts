import { describe, expect, test } from "vitest";
import { currentRuntime } from "keelson/core";
import { type CheckOptions, type HealthCheck, createHealth } from "keelson/health";
import { eachInVirtualTime } from "../resilience/fixture.js";

const time = eachInVirtualTime();

/** A check that answers what it is told to, and counts. */
function scripted(...answers: ("pass" | "warn" | "fail" | Error)[]): HealthCheck & { runs: number } {
  const check = Object.assign(
    (): { readonly status: "pass" | "warn" | "fail" } => {
      check.runs += 1;
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      if (answer instanceof Error) throw answer;
      return { status: answer ?? "pass" };
    },
    { runs: 0 },
  );
  return check;
}

async function statusesOf(check: HealthCheck, times: number, options: CheckOptions): Promise<readonly string[]> {
  const health = createHealth();
  health.check("it", check, { ttl: 0, ...options });
  const statuses: string[] = [];
  for (let run = 0; run < times; run += 1) {
    const report = await health.report();
    statuses.push(report.checks[0]?.status ?? "none");
    await time.current.advance(1_000);
  }
  return statuses;
}

describe("a check runs", () => {
  test("once for all who ask at the same time, and not again until its time to live is over", async () => {
    const health = createHealth();
    let runs = 0;
    health.check("slow", async ({ signal }) => {
      runs += 1;
      await currentRuntime().sleep(500, { signal });
    });
    const asked = Promise.all(Array.from({ length: 1_000 }, () => health.report("ready")));
    await time.current.advance(500);
    const reports = await asked;
    expect(runs).toBe(1);
    expect(new Set(reports.map(({ checks }) => checks[0])).size).toBe(1);
    expect(reports[0]?.checks[0]).toMatchObject({ status: "pass", durationMs: 500 });
    await time.current.advance(999);
    await health.report("ready");
    expect(runs).toBe(1);
    await time.current.advance(1);
    const again = health.report("ready");
    await time.current.advance(500);
    await again;
    expect(runs).toBe(2);
  });

  test("only for what it speaks for: readiness unless told otherwise", async () => {
    const health = createHealth();
    health.check("a", scripted("pass"));
    health.check("b", scripted("pass"), { kinds: ["live", "started"] });
    const names = async (...kind: Parameters<typeof health.report>): Promise<string[]> =>
      (await health.report(...kind)).checks.map(({ name }) => name);
    expect([await names("ready"), await names("live"), await names("started"), await names()]).toEqual([
      ["a"],
      ["b"],
      ["b"],
      ["a", "b"],
    ]);
    expect(await names(undefined, { exclude: ["a"] })).toEqual(["b"]);
  });

  test("within its timeout, and not again beside a run that does not come back", async () => {
    const health = createHealth();
    let runs = 0;
    let release: () => void = () => undefined;
    const aborted: unknown[] = [];
    health.check(
      "hangs",
      ({ signal }) => {
        runs += 1;
        signal.addEventListener("abort", () => aborted.push(signal.reason));
        return new Promise<undefined>((resolve) => {
          release = () => {
            resolve(undefined);
          };
        });
      },
      { timeout: "2s", ttl: 0 },
    );
    const first = health.report();
    await time.current.advance("2s");
    expect((await first).checks[0]).toMatchObject({ status: "fail", message: "timed out after 2000 ms" });
    expect(aborted).toHaveLength(1);
    expect((await health.report()).checks[0]?.message).toBe("an earlier run of it has not come back");
    expect(runs).toBe(1);
    release();
    await time.current.settle();
    const third = health.report();
    release();
    await time.current.settle();
    release();
    expect((await third).status).toBe("pass");
    expect(runs).toBe(2);
  });
});

const name = (letter: string): string => ({ p: "pass", w: "warn", f: "fail" })[letter] ?? "none";

describe("what it comes to", () => {
  test("nothing is a pass, what is thrown a failure with its message", async () => {
    const health = createHealth();
    health.check("quiet", () => undefined);
    health.check("throws", () => Promise.reject(new Error("no route to host")));
    health.check("nonsense", () => ({ status: "fine" }) as never);
    const { status, checks } = await health.report();
    expect(status).toBe("fail");
    expect(checks.map(({ message, ...check }) => [check.name, check.status, message])).toEqual([
      ["quiet", "pass", undefined],
      ["throws", "fail", "no route to host"],
      ["nonsense", "fail", 'Expected `status` to be one of "pass", "warn", "fail", got "fine"'],
    ]);
  });

  test("one that is not critical is no more than a warning for the whole", async () => {
    const health = createHealth();
    health.check("cache", scripted("fail"), { critical: false });
    const { status, checks } = await health.report();
    expect([status, checks[0]?.status]).toEqual(["warn", "fail"]);
  });

  test("failures below the threshold are warnings; a pass starts the count anew", async () => {
    const flaky = scripted("fail", "fail", "pass", "fail", "fail", "fail", "fail");
    expect(await statusesOf(flaky, 7, { failureThreshold: 3 })).toEqual(Array.from("wwpwwff", name));
  });

  test("within the grace failures are warnings, unless it has passed before", async () => {
    expect(await statusesOf(scripted("fail"), 4, { startupGrace: "2s" })).toEqual(["warn", "warn", "fail", "fail"]);
    expect(await statusesOf(scripted("fail", "pass", "fail"), 3, { startupGrace: "1h" })).toEqual([
      "warn",
      "pass",
      "fail",
    ]);
  });

  test("a change is told on the runtime's bus, once", async () => {
    const seen: unknown[] = [];
    using _listening = currentRuntime().signals.on("health:changed", (payload) => seen.push(payload));
    await statusesOf(scripted("pass", "pass", "fail", "fail"), 4, {});
    expect(seen).toEqual([
      { check: "it", from: undefined, to: "pass" },
      { check: "it", from: "pass", to: "fail" },
    ]);
  });
});

test("a lifecycle's readiness is read at each probe", async () => {
  const lifecycle = { isReady: false };
  const health = createHealth({ lifecycle });
  const ready = async (): Promise<string> => (await health.report("ready")).status;
  expect(await ready()).toBe("fail");
  lifecycle.isReady = true;
  expect(await ready()).toBe("pass");
  lifecycle.isReady = false;
  expect(await ready()).toBe("fail");
  expect((await health.report("live")).status).toBe("pass");
});

test("checks can be taken back, and are disposed then", async () => {
  let disposed = 0;
  const check = Object.assign(() => undefined, { [Symbol.dispose]: () => void (disposed += 1) });
  const health = createHealth();
  const first = health.check("a", check);
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  expect(disposed).toBe(1);
  health.check("a", check);
  health[Symbol.dispose]();
  expect(disposed).toBe(2);
  expect((await health.report()).checks).toEqual([]);
});

test.each<[string, (health: ReturnType<typeof createHealth>) => unknown]>([
  ["Expected `name` to be a non-empty string", (health) => health.check("", () => undefined)],
  ["Expected `check` to be a function", (health) => health.check("a", "up" as never)],
  ['there is a check "twice"', (health) => [1, 2].map(() => health.check("twice", () => undefined))],
  ["Expected `kinds` to be one of", (health) => health.check("a", () => undefined, { kinds: ["alive" as "live"] })],
  ["Expected `timeout` to be a duration", (health) => health.check("a", () => undefined, { timeout: -1 })],
  ["Expected `ttl` to be a duration", (health) => health.check("a", () => undefined, { ttl: -1 })],
  ["Expected `startupGrace` to be a duration", (health) => health.check("a", () => undefined, { startupGrace: -1 })],
  ["Expected `failureThreshold` to be", (health) => health.check("a", () => undefined, { failureThreshold: 0 })],
])("%s", (message, act) => {
  expect(() => act(createHealth())).toThrow(message);
});
