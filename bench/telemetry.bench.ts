/** What telemetry costs: a guarded site while nobody listens, and each subscriber once somebody does. */
import { channel, subscribe } from "node:diagnostics_channel";
import { diagnosticsChannel } from "keelson/core";
import { createLogger } from "keelson/telemetry/log";
import { createRegistry } from "keelson/telemetry/prometheus";
import { pino } from "pino";
import { Counter, Histogram, Registry } from "prom-client";
import { type Row, type Work, nsPerOp } from "./harness.js";

const silent = diagnosticsChannel<{ readonly n: number }>("keelson:bench:silent");
const heard = channel("keelson:bench:heard");
subscribe("keelson:bench:heard", () => undefined);

let kept = 0;
const emptyLoop: Work = (n) => {
  for (let index = 0; index < n; index += 1) kept = index;
  return kept;
};
const guarded: Work = (n) => {
  for (let index = 0; index < n; index += 1) {
    kept = index;
    if (silent.hasSubscribers) silent.publish({ n: index });
  }
  return kept;
};
const published: Work = (n) => {
  for (let index = 0; index < n; index += 1) {
    if (heard.hasSubscribers) heard.publish(Object.freeze({ n: index }));
  }
};

const registry = createRegistry();
const counter = registry.counter("bench_total", { help: "Bench.", labels: ["method", "status"] });
const histogram = registry.histogram("bench_seconds", { help: "Bench.", labels: ["method"] });
const registers = [new Registry()];
const theirCounter = new Counter({ name: "a_total", help: "Bench.", labelNames: ["method", "status"], registers });
const theirHistogram = new Histogram({ name: "a_seconds", help: "Bench.", labelNames: ["method"], registers });

const nowhere = { write: () => undefined };
const log = createLogger({ filter: "info", ...nowhere });
const theirLog = pino({ level: "info" }, nowhere);

const times =
  (operation: (index: number) => unknown): Work =>
  (n) => {
    for (let index = 0; index < n; index += 1) operation(index);
  };

const row = (id: string, ours: Work, name: string, theirs: Work): Row => ({
  id,
  unit: "ns/op",
  measure: nsPerOp(ours),
  against: { id: name, measure: nsPerOp(theirs) },
});

export const rows: readonly Row[] = [
  row("guard/empty-loop", guarded, "the same loop without a guard", emptyLoop),
  row("published/empty-loop", published, "the same loop without a guard", emptyLoop),
  row(
    "counter/prom-client",
    times(() => {
      counter.add(1, { method: "get", status: "ok" });
    }),
    "prom-client, labelled",
    times(() => {
      theirCounter.inc({ method: "get", status: "ok" });
    }),
  ),
  row(
    "histogram/prom-client",
    times((index) => {
      histogram.observe(index % 10, { method: "get" });
    }),
    "prom-client, labelled",
    times((index) => {
      theirHistogram.observe({ method: "get" }, index % 10);
    }),
  ),
  row(
    "log-line/pino",
    times((index) => {
      log.info({ index, key: "/a" }, "put");
    }),
    "pino",
    times((index) => {
      theirLog.info({ index, key: "/a" }, "put");
    }),
  ),
  row(
    "log-disabled/pino",
    times((index) => {
      log.debug({ index, key: "/a" }, "put");
    }),
    "pino",
    times((index) => {
      theirLog.debug({ index, key: "/a" }, "put");
    }),
  ),
];
