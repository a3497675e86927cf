import { spawnSync } from "node:child_process";
import { Registry as PromRegistry, Counter as PromCounter, Histogram as PromHistogram } from "prom-client";
import { describe, expect, test } from "vitest";
import { mpsc } from "keelson/channels";
import { circuitBreaker, constant, hedge, retry } from "keelson/resilience";
import { memoryStore } from "keelson/store/memory";
import { put } from "keelson/store";
import { instrument } from "keelson/telemetry";
import { type MetricRegistry, createRegistry, observeKeelson, processMetrics } from "keelson/telemetry/prometheus";
import { describeUnless } from "../support/when.js";
import { eachInVirtualTime, outcome } from "../resilience/fixture.js";

const time = eachInVirtualTime();

/** Does a little of everything that is measured. */
async function work(): Promise<void> {
  const [tx, rx] = mpsc.channel<number>(4, { name: "jobs" });
  await tx.send(1);
  await tx.send(2);
  await rx.recv();
  const store = memoryStore();
  await put(store, "/a", new Uint8Array(1));
  await outcome(store.get(""));
  await using _lease = await store.grantLease(1_000);
  const failing = retry(() => Promise.reject(new Error("no")), { retries: 2, backoff: constant("1s") });
  const breaker = circuitBreaker({ trip: { kind: "consecutive", failures: 1 } });
  await outcome(breaker.execute(() => Promise.reject(new Error("no"))));
  const hedging = hedge({ after: 1 }).execute(({ attempt }) =>
    attempt === 1 ? time.current.runtime.sleep(10) : undefined,
  );
  instrument(() => 1, { name: "one" })();
  const done = Promise.all([outcome(failing), hedging]);
  await time.current.runUntilIdle();
  await done;
}

describe("what keelson tells", () => {
  test("each kind of work moves its metrics, and nothing moves once disposed", async () => {
    const registry = createRegistry();
    const observing = observeKeelson(registry);
    await work();
    observing[Symbol.dispose]();
    const text = registry.expose();
    for (const line of [
      'messaging_client_sent_messages_total{messaging_system="keelson",messaging_destination_name="jobs",keelson_channel_kind="mpsc"} 2',
      'messaging_client_consumed_messages_total{messaging_system="keelson",messaging_destination_name="jobs",keelson_channel_kind="mpsc"} 1',
      'keelson_channel_length{messaging_destination_name="jobs",keelson_channel_kind="mpsc"} 1',
      'db_client_operation_duration_seconds_count{db_system_name="memory",db_operation_name="txn",error_type=""} 1',
      'keelson_lease_events_total{db_system_name="memory",keelson_lease_event="granted"} 1',
      'keelson_lease_events_total{db_system_name="memory",keelson_lease_event="ended"} 1',
      "keelson_retry_retries_total 2",
      'keelson_retry_call_duration_seconds_sum{keelson_outcome="failed"} 2',
      "keelson_hedge_attempts_total 1",
      'keelson_circuit_changes_total{keelson_circuit_from="closed",keelson_circuit_to="open"} 1',
      'keelson_span_duration_seconds_count{keelson_span="one",keelson_outcome="ok"} 1',
    ]) {
      expect(text).toContain(`${line}\n`);
    }
    expect(text).toMatch(/db_operation_name="get",error_type="[A-Z]\w+"/);
    await work();
    expect(registry.expose()).toBe(text);
  });

  test("into a registry of ours, once", () => {
    const registry = createRegistry();
    using _observing = observeKeelson(registry);
    expect(() => observeKeelson(registry)).toThrow('there is a metric "messaging_client_sent_messages_total"');
    expect(() => observeKeelson({} as MetricRegistry)).toThrow("Expected `registry` to be made by `createRegistry`");
  });
});

test("it can be observed again once that was disposed", () => {
  const registry = createRegistry();
  observeKeelson(registry)[Symbol.dispose]();
  using _again = observeKeelson(registry);
  instrument(() => 1, { name: "again" })();
  expect(registry.expose()).toContain('keelson_span="again"');
});

describe("what would break a scrape", () => {
  test("values that are no numbers, and bounds that are none, are refused; labels become text", () => {
    const registry = createRegistry();
    expect(() => {
      registry.gauge("g", { help: "h" }).set(undefined as never);
    }).toThrow("Expected `value` to be a number");
    expect(() => {
      registry.histogram("h", { help: "h" }).observe("3" as never);
    }).toThrow("Expected `value` to be a number");
    for (const maxSeries of [Number.NaN, 0, -1]) {
      expect(() => registry.gauge("m", { help: "h", maxSeries })).toThrow("Expected `maxSeries`");
    }
    registry.gauge("l", { help: "h", labels: ["code"] }).set(1, { code: 200 as never });
    expect(registry.expose()).toContain('l{code="200"} 1');
  });

  test("a collect or another registry that throws costs itself", async () => {
    const fails = (): never => {
      throw new Error("db down");
    };
    const registry = createRegistry();
    registry.counter("good_total", { help: "h" }).add(1);
    registry.gauge("bad", { help: "h", collect: fails });
    const answer = await registry.handler({ also: [fails, () => "theirs 1\n"] })(new Request("http://x/metrics"));
    expect(await answer.text()).toMatch(/good_total 1\ntheirs 1\n$/);
    expect(time.current.failures).toHaveLength(2);
  });
});

describe("the text format", () => {
  test("is what prom-client writes for the same figures", async () => {
    const theirs = new PromRegistry();
    const register = { registers: [theirs] };
    const theirCounter = new PromCounter({ name: "a_total", help: "A \\ b\nc.", labelNames: ["x", "y"], ...register });
    const theirHistogram = new PromHistogram({ name: "d_seconds", help: "D.", labelNames: ["x"], ...register });
    const ours = createRegistry();
    const counter = ours.counter("a_total", { help: "A \\ b\nc.", labels: ["x", "y"] });
    const histogram = ours.histogram("d_seconds", { help: "D.", labels: ["x"] });
    for (const labels of [
      { x: "1", y: "2" },
      { x: 'q"\\\n', y: "" },
    ]) {
      theirCounter.inc(labels, 2.5);
      counter.add(2.5, labels);
    }
    for (const value of [0.001, 0.005, 0.3, 99]) {
      theirHistogram.observe({ x: "1" }, value);
      histogram.observe(value, { x: "1" });
    }
    const lines = (text: string): readonly string[] => text.split("\n").filter((line) => line !== "");
    // prom-client puts `le` first; the order of labels means nothing.
    const normal = (line: string): string => line.replace(/\{le="([^"]*)",(.*)\}/, '{$2,le="$1"}');
    expect(lines(ours.expose())).toEqual(lines(await theirs.metrics()).map(normal));
  });

  test("numbers that are none", () => {
    const registry = createRegistry();
    const gauge = registry.gauge("g", { help: "G.", labels: ["x"] });
    for (const value of [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN])
      gauge.set(value, { x: String(value) });
    expect(registry.expose()).toContain('g{x="Infinity"} +Inf\ng{x="-Infinity"} -Inf\ng{x="NaN"} NaN\n');
  });
});

test("OpenMetrics: families without _total, bounds with a point, an end", () => {
  const registry = createRegistry();
  registry.counter("a_total", { help: 'Say "a".' }).add();
  registry.histogram("h", { help: "H.", buckets: [1, 2.5] }).observe(2);
  expect(registry.expose("openmetrics")).toBe(
    [
      '# HELP a Say \\"a\\".',
      "# TYPE a counter",
      "a_total 1",
      "# HELP h H.",
      "# TYPE h histogram",
      'h_bucket{le="1.0"} 0',
      'h_bucket{le="2.5"} 1',
      'h_bucket{le="+Inf"} 1',
      "h_sum 2",
      "h_count 1",
      "# EOF",
      "",
    ].join("\n"),
  );
});

describe("series are bounded", () => {
  test("what comes after the last goes into one of their own", () => {
    const registry = createRegistry();
    const counter = registry.counter("users_total", { help: "U.", labels: ["user", "kind"], maxSeries: 3 });
    for (let user = 0; user < 1_000; user += 1) counter.add(1, { user: String(user), kind: "a" });
    counter.add(1, { user: "0", kind: "a" });
    expect(registry.expose().split("\n").slice(2, -1)).toEqual([
      'users_total{user="0",kind="a"} 2',
      'users_total{user="1",kind="a"} 1',
      'users_total{user="2",kind="a"} 1',
      'users_total{user="_other",kind="_other"} 997',
    ]);
  });

  test("labels that make no series collide", () => {
    const registry = createRegistry();
    const gauge = registry.gauge("g", { help: "G.", labels: ["a", "b"] });
    gauge.set(1, { a: "x,", b: "y" });
    gauge.set(2, { a: "x", b: ",y" });
    expect(registry.expose()).toContain('g{a="x,",b="y"} 1\ng{a="x",b=",y"} 2\n');
  });
});

describe("the handler", () => {
  const scrape = async (registry: MetricRegistry, init: RequestInit = {}, also?: () => string) => {
    const handler = registry.handler(also === undefined ? {} : { also: [also] });
    const answer = await handler(new Request("http://localhost/metrics", init));
    return { status: answer.status, type: answer.headers.get("content-type"), text: await answer.text() };
  };
  const open = { headers: { accept: "application/openmetrics-text;version=1.0.0,text/plain;q=0.5" } };

  test("answers in the format that is asked for", async () => {
    const registry = createRegistry();
    registry.gauge("g", { help: "G." });
    expect(await scrape(registry)).toEqual({
      status: 200,
      type: "text/plain; version=0.0.4; charset=utf-8",
      text: "# HELP g G.\n# TYPE g gauge\ng 0\n",
    });
    const { type, text } = await scrape(registry, open);
    expect([type, text.endsWith("# EOF\n")]).toEqual([
      "application/openmetrics-text; version=1.0.0; charset=utf-8",
      true,
    ]);
    expect((await scrape(registry, open, () => "b 1\n")).text).toBe("# HELP g G.\n# TYPE g gauge\ng 0\nb 1\n");
    expect((await scrape(registry, { method: "HEAD" })).text).toBe("");
    expect((await scrape(registry, { method: "POST" })).status).toBe(405);
  });

  test("looks up what has to be looked up at each scrape", async () => {
    const registry = createRegistry();
    let n = 0;
    registry.gauge("g", {
      help: "G.",
      collect: (gauge) => {
        gauge.set((n += 1));
      },
    });
    registry.counter("c_total", {
      help: "C.",
      collect: (counter) => {
        counter.add(2);
      },
    });
    await scrape(registry);
    expect((await scrape(registry)).text).toMatch(/g 2\n[^]*c_total 4\n/);
  });
});

test.each<[string, (registry: MetricRegistry) => unknown]>([
  ['Expected `name` to end with "_total"', (registry) => registry.counter("a", { help: "A." })],
  ["Expected `name` to be a metric's name", (registry) => registry.gauge("a.b", { help: "A." })],
  ["Expected `help` to be a non-empty string", (registry) => registry.gauge("a", { help: "" })],
  ["Expected `labels` to be names of labels", (registry) => registry.gauge("a", { help: "A.", labels: ["a-b"] })],
  ["Expected `labels` to be names of labels", (registry) => registry.histogram("a", { help: "A.", labels: ["le"] })],
  ["Expected `buckets` to rise", (registry) => registry.histogram("a", { help: "A.", buckets: [2, 1] })],
  [
    "Expected `labels` to be of this metric",
    (registry) => {
      // @ts-expect-error -- it has no labels
      registry.gauge("a", { help: "A." }).set(1, { b: "1" });
    },
  ],
  [
    "Expected `amount` to be a number of at least 0",
    (registry) => {
      registry.counter("a_total", { help: "A." }).add(-1);
    },
  ],
])("%s", (message, act) => {
  expect(() => act(createRegistry())).toThrow(message);
});

const promtool = spawnSync("promtool", ["--version"]).error === undefined;
describeUnless(promtool ? undefined : "promtool is not installed", "promtool check metrics", () => {
  test("accepts what keelson and a process expose, without a remark", async () => {
    const registry = createRegistry();
    using _observing = observeKeelson(registry);
    processMetrics(registry);
    await work();
    const { status, stdout, stderr } = spawnSync("promtool", ["check", "metrics"], { input: registry.expose() });
    expect([stdout.toString(), stderr.toString(), status]).toEqual(["", "", 0]);
  });
});
