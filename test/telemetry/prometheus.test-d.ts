import { expectTypeOf, test } from "vitest";
import { type Counter, type Gauge, type Histogram, createRegistry } from "keelson/telemetry/prometheus";

const registry = createRegistry();

test("the labels of a metric are those it was made with", () => {
  const served = registry.counter("served_total", { help: "Served.", labels: ["route", "status"] });
  expectTypeOf(served).toEqualTypeOf<Counter<"route" | "status">>();
  served.add(1, { route: "/orders" });
  // @ts-expect-error -- no such label
  served.add(1, { rout: "/orders" });
  const depth = registry.gauge("depth", {
    help: "Depth.",
    labels: ["queue"],
    collect: (gauge) => {
      expectTypeOf(gauge).toEqualTypeOf<Gauge<"queue">>();
      gauge.set(1, { queue: "jobs" });
    },
  });
  // @ts-expect-error -- no such label
  depth.set(1, { channel: "jobs" });
  // @ts-expect-error -- no such label
  depth.add(1, { channel: "jobs" });
  const took = registry.histogram("took_seconds", { help: "Took.", labels: ["route"] });
  took.observe(1, { route: "/orders" });
  // @ts-expect-error -- no such label
  took.observe(1, { status: "200" });
});

test("a metric that was made without labels has none", () => {
  const started = registry.counter("started_total", { help: "Started." });
  started.add();
  // @ts-expect-error -- no labels
  started.add(1, { route: "/orders" });
});

test("names that are known later are strings, and so is what takes any metric", () => {
  const names: readonly string[] = ["route"];
  const any = registry.histogram("any_seconds", { help: "Any.", labels: names });
  expectTypeOf(any).toEqualTypeOf<Histogram>();
  any.observe(1, { whatever: "it is" });
  const some: readonly Counter[] = [
    registry.counter("a_total", { help: "A.", labels: ["a"] }),
    registry.counter("b_total", { help: "B." }),
  ];
  expectTypeOf(some).toEqualTypeOf<readonly Counter[]>();
});
