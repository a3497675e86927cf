/**
 * A small service seen from outside: it takes orders through a channel, stores them, and calls a payment provider that
 * fails now and then. What it did is shown three times: as log lines, as Prometheus text scraped over HTTP, and as
 * spans in OpenTelemetry's in-memory exporter.
 */
import { trace } from "@opentelemetry/api";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { mpsc } from "keelson/channels";
import { formatChain } from "keelson/core";
import { listen } from "keelson/http";
import { constant, retry } from "keelson/resilience";
import { put } from "keelson/store";
import { memoryStore } from "keelson/store/memory";
import { instrument } from "keelson/telemetry";
import { createLogger } from "keelson/telemetry/log";
import { registerOtel } from "keelson/telemetry/otel";
import { createRegistry, observeKeelson } from "keelson/telemetry/prometheus";

// What is to be seen: lines from `info` up, but everything about orders of at least 100.
const log = createLogger({ filter: "info,[order{amount=\\d{3,}}]=trace", base: { service: "shop" } });

const registry = createRegistry();
using _metrics = observeKeelson(registry);
const exporter = new InMemorySpanExporter();
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
using _traces = await registerOtel({ channelSpans: true });
await using scrapes = await listen(registry.handler(), { port: 0, host: "127.0.0.1" });

// The service itself knows nothing of all that.
interface Order {
  readonly id: string;
  readonly amount: number;
}

const store = memoryStore();
const [orders, incoming] = mpsc.channel<Order>(8, { name: "orders" });

const handle = instrument(
  async ({ id, amount }: Order) => {
    log.debug("charging");
    await retry(({ attempt }) => (attempt === 1 && amount > 50 ? Promise.reject(new Error("try again")) : undefined), {
      backoff: constant(5),
      onRetry: ({ error }) => {
        log.warn({ reason: formatChain(error) }, "payment failed; trying again");
      },
    });
    await put(store, `/orders/${id}`, new TextEncoder().encode(String(amount)));
    log.info("order taken");
  },
  { name: "order", fields: ({ id, amount }) => ({ order: id, amount }) },
);

console.log("The log:");
for (const [index, amount] of [20, 60, 120].entries()) await orders.send({ id: `o-${String(index)}`, amount });
orders.close();
for await (const order of incoming) await handle(order);

console.log("\nWhat Prometheus scrapes, in part:");
const text = await (await fetch(`${scrapes.url}/metrics`)).text();
const shown = /^(messaging_client_sent|keelson_retry_retries|keelson_span_duration_seconds_count|db_\w+_count).*/;
for (const line of text.split("\n").filter((each) => shown.test(each))) console.log(`  ${line}`);

console.log("\nWhat OpenTelemetry got:");
const spans = exporter.getFinishedSpans();
for (const { name, attributes, links, parentSpanContext } of spans) {
  const parent = spans.find((span) => span.spanContext().spanId === parentSpanContext?.spanId);
  const relation = parent !== undefined ? ` in ${parent.name}` : links.length > 0 ? " linked to its sender" : "";
  console.log(`  ${name}${relation} ${JSON.stringify(attributes)}`);
}
