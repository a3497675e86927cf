import { AsyncLocalStorage } from "node:async_hooks";
import { type Context, type ContextManager, ROOT_CONTEXT, context, metrics, trace } from "@opentelemetry/api";
import { MeterProvider, MetricReader } from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { mpsc } from "keelson/channels";
import { createManager, defineController } from "keelson/controllers";
import { constant, retry } from "keelson/resilience";
import { defineKind } from "keelson/resources";
import { put } from "keelson/store";
import { memoryStore } from "keelson/store/memory";
import { instrument } from "keelson/telemetry";
import { registerOtel } from "keelson/telemetry/otel";
import { eachInVirtualTime, outcome } from "../resilience/fixture.js";

const time = eachInVirtualTime();

/** What the package `@opentelemetry/context-async-hooks` does. */
class AsyncContexts implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Context>();
  active = (): Context => this.#storage.getStore() ?? ROOT_CONTEXT;
  with: ContextManager["with"] = (inner, fn, self, ...args) =>
    this.#storage.run(inner, () => fn.call(self as never, ...args));
  bind: ContextManager["bind"] = (_context, target) => target;
  enable = (): this => this;
  disable = (): this => this;
}

class PullReader extends MetricReader {
  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }
  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

/** An SDK that keeps everything in memory. */
function registerSdk() {
  const exporter = new InMemorySpanExporter();
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  const reader = new PullReader();
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
  context.setGlobalContextManager(new AsyncContexts());
  return {
    spans: () => exporter.getFinishedSpans(),
    /** By name: of each point its attributes and its value, or its count and sum. */
    async metrics(): Promise<Record<string, unknown>> {
      const { resourceMetrics } = await reader.collect();
      const all = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
      return Object.fromEntries(
        all.map(({ descriptor, dataPoints }) => [
          descriptor.name,
          dataPoints.map(({ attributes, value }) => [
            attributes,
            typeof value === "object" && "count" in value ? [value.count, value.sum] : value,
          ]),
        ]),
      );
    },
  };
}

const disable = (): void => {
  trace.disable();
  metrics.disable();
  context.disable();
};
beforeEach(disable);
afterEach(disable);

const failure = new RangeError("secret detail");

async function failingRetry(): Promise<void> {
  const call = outcome(retry(() => Promise.reject(failure), { retries: 1, backoff: constant("2s") }));
  await time.current.runUntilIdle();
  await call;
}

async function workOfEverything(): Promise<void> {
  await failingRetry();
  const [tx, rx] = mpsc.channel<number>(4, { name: "jobs" });
  await tx.send(1);
  await rx.recv();
  const store = memoryStore();
  await put(store, "/a", new Uint8Array(1));
  instrument((n: number) => n, { name: "double", fields: (n) => ({ n, deep: { hidden: true } }) })(21);
  const Sprocket = defineKind<{ readonly size: number }>()("Sprocket");
  const controller = defineController({ name: "sizes", for: Sprocket, reconcile: () => undefined });
  const manager = createManager({ store, controllers: [controller] });
  await manager.client.create(Sprocket, { metadata: { name: "s" }, spec: { size: 1 } });
  const stop = new AbortController();
  const running = manager.run(stop.signal);
  await time.current.advance("1s");
  stop.abort(new Error("done"));
  await time.current.settle();
  await running;
  await store.close();
}

describe.each([
  ["before the bridge", true],
  ["after the bridge, and after import", false],
])("the SDK registered %s", (_when, isFirst) => {
  async function seen() {
    const before = isFirst ? registerSdk() : undefined;
    using _bridge = await registerOtel({ channelSpans: true });
    if (!isFirst) await failingRetry(); // instruments that are made now must not stay no-ops
    const sdk = before ?? registerSdk();
    await workOfEverything();
    return sdk;
  }

  test("spans of retry, channel, store, controller and instrumented functions", async () => {
    const spans = (await seen()).spans();
    const byName = new Map(spans.map((span) => [span.name, span]));
    expect([...byName.keys()]).toEqual(
      expect.arrayContaining(["retry", "send jobs", "receive jobs", "txn", "double", "reconcile sizes"]),
    );
    expect(byName.get("retry")).toMatchObject({
      attributes: { "keelson.retry.attempts": 2, "keelson.outcome": "failed", "error.type": "RangeError" },
      status: { code: 2 },
      duration: [2, 0],
    });
    expect(byName.get("txn")).toMatchObject({
      kind: 2,
      attributes: { "db.system.name": "memory", "db.operation.name": "txn" },
    });
    expect(byName.get("reconcile sizes")?.attributes).toEqual({
      "keelson.controller": "sizes",
      "keelson.key": "default/s",
      "keelson.attempt": 0,
      "keelson.outcome": "ok",
    });
    expect(byName.get("double")?.attributes).toEqual({ n: 21 });
    const shown = spans.map(({ status, attributes, events }) => [status, attributes, events]);
    expect(JSON.stringify(shown)).not.toContain("secret");
  });

  test("metrics of the same", async () => {
    const figures = await (await seen()).metrics();
    const jobs = { "messaging.destination.name": "jobs", "keelson.channel.kind": "mpsc" };
    const system = { "messaging.system": "keelson" };
    expect(figures).toMatchObject({
      "keelson.retry.retries": [[{}, 1]],
      "keelson.retry.call.duration": [[{ "keelson.outcome": "failed" }, [1, 2]]],
      "keelson.reconcile": [[{ controller: "sizes", result: "success" }, 1]],
      "keelson.reconcile.time": [[{ controller: "sizes" }, [1, 0]]],
      "keelson.reconcile.active.workers": [[{ controller: "sizes" }, 0]],
      "keelson.workqueue.work.duration": [[{ name: "sizes" }, [1, 0]]],
      "keelson.workqueue.unfinished.work": [[{ name: "sizes" }, 0]],
      "keelson.workqueue.depth": [[{ name: "sizes" }, 0]],
      "keelson.cache.bytes": [[{ kind: "Sprocket" }, expect.any(Number)]],
      "keelson.span.duration": [[{ "keelson.span": "double", "keelson.outcome": "ok" }, [1, 0]]],
    });
    expect(figures["messaging.client.sent.messages"]).toContainEqual([{ ...system, ...jobs }, 1]);
    expect(figures["messaging.client.consumed.messages"]).toContainEqual([{ ...system, ...jobs }, 1]);
    expect(figures["db.client.operation.duration"]).toContainEqual([
      { "db.system.name": "memory", "db.operation.name": "txn" },
      [expect.any(Number), 0],
    ]);
  });
});

test("the span around the work is the parent", async () => {
  const sdk = registerSdk();
  using _bridge = await registerOtel();
  await trace.getTracer("test").startActiveSpan("request", async (request) => {
    await put(memoryStore(), "/a", new Uint8Array(1));
    await failingRetry();
    request.end();
  });
  const [txn, retried, request] = sdk.spans();
  expect([txn?.name, retried?.name, request?.name]).toEqual(["txn", "retry", "request"]);
  for (const span of [txn, retried]) {
    expect(span?.parentSpanContext?.spanId).toBe(request?.spanContext().spanId);
  }
});

test("instrumented functions are parents of what happens in them, unless a span of the user's own is nearer", async () => {
  const sdk = registerSdk();
  using _bridge = await registerOtel();
  const store = memoryStore();
  const inner = instrument(() => put(store, "/a", new Uint8Array(1)), { name: "inner" });
  const outer = instrument(
    async () => {
      await inner();
      await trace.getTracer("test").startActiveSpan("own", async (own) => {
        await put(store, "/b", new Uint8Array(1));
        own.end();
      });
      throw failure;
    },
    { name: "outer" },
  );
  await outcome(outer());
  const spans = sdk.spans();
  const shown = spans.map(({ name, parentSpanContext, status }) => {
    const parent = spans.find((span) => span.spanContext().spanId === parentSpanContext?.spanId);
    return [name, parent?.name, status.code];
  });
  expect(shown).toEqual([
    ["txn", "inner", 0],
    ["inner", "outer", 0],
    ["txn", "own", 0],
    // The API offers no way to make ours the active one, so this hangs on what was active around us.
    ["own", undefined, 0],
    ["outer", undefined, 2],
  ]);
});

describe("a hand-off through a channel", () => {
  test("links each receiver's span to the sender's", async () => {
    const sdk = registerSdk();
    using _bridge = await registerOtel({ channelSpans: true });
    const [tx, rx] = mpsc.channel<number>(4, { name: "jobs" });
    for (const n of [1, 2, 3]) await tx.send(n);
    for (let n = 0; n < 3; n += 1) await rx.recv();
    const ids = sdk
      .spans()
      .filter(({ name }) => name === "send jobs")
      .map((span) => span.spanContext().spanId);
    const links = sdk
      .spans()
      .filter(({ name }) => name === "receive jobs")
      .map((span) => span.links[0]?.context.spanId);
    expect(links).toEqual(ids);
  });

  test("and to none where it saw only a part", async () => {
    const sdk = registerSdk();
    const [tx, rx] = mpsc.channel<number>(4, { name: "jobs" });
    await tx.send(1);
    using _bridge = await registerOtel({ channelSpans: true });
    await tx.send(2);
    await rx.recv();
    await rx.recv();
    await tx.send(3);
    await rx.recv();
    const links = sdk
      .spans()
      .filter(({ name }) => name === "receive jobs")
      .map((span) => span.links.length);
    expect(links).toEqual([0, 0, 1]);
  });
});

test("nothing is told once it is disposed, nor what was not asked for", async () => {
  const sdk = registerSdk();
  const bridge = await registerOtel({ metrics: false });
  await failingRetry();
  bridge[Symbol.dispose]();
  await failingRetry();
  expect(sdk.spans()).toHaveLength(1);
  expect(await sdk.metrics()).toEqual({});
});
