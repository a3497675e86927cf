import { TimeoutError, currentRuntime } from "keelson/core";
import { type AdaptiveLimit, type LimitAlgorithm, adaptiveLimit, aimd, gradient2, vegas } from "keelson/resilience";
import { interval, sleep } from "keelson/time";
import { expect, test } from "vitest";
import { eachInVirtualTime } from "./fixture.js";

const time = eachInVirtualTime();
const serviceMs = 50;
const window = 250;
const windows = 120;

/** As many servers as its capacity, a queue a tenth as long, and no room for more. */
class Backend {
  #running = 0;
  capacity: number;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  async call(): Promise<void> {
    if (this.#running >= this.capacity * 1.1) throw new TimeoutError(serviceMs);
    this.#running += 1;
    try {
      await sleep(Math.round(serviceMs * Math.max(1, this.#running / this.capacity)));
    } finally {
      this.#running -= 1;
    }
  }
}

/** Keeps the limit full for a while; returns its mean over the last third. */
async function meanLimit(limit: AdaptiveLimit, backend: Backend): Promise<number> {
  const end = currentRuntime().now() + windows * window;
  const seen: number[] = [];
  const feeding = (async () => {
    const ticks = interval(5);
    while (currentRuntime().now() < end) {
      await ticks.tick();
      while (limit.active < limit.concurrency) void limit.execute(() => backend.call()).catch(() => undefined);
    }
  })();
  for (let at = 0; at < windows; at += 1) {
    await time.current.advance(window);
    if (at >= (windows * 2) / 3) seen.push(limit.concurrency);
  }
  await time.current.advance(1_000);
  await feeding;
  return seen.reduce((sum, each) => sum + each, 0) / seen.length;
}

const algorithms: readonly (readonly [string, () => LimitAlgorithm])[] = [
  ["aimd", () => aimd()],
  ["vegas", () => vegas()],
  ["gradient2", () => gradient2()],
];

test.each(algorithms)("$0 comes within 20 % of the capacity, and again after it has halved", async (_name, make) => {
  const backend = new Backend(60);
  const limit = adaptiveLimit({ algorithm: make(), window });
  const before = await meanLimit(limit, backend);
  expect(before).toBeGreaterThan(60 * 0.8);
  expect(before).toBeLessThan(60 * 1.2);
  backend.capacity = 30;
  const after = await meanLimit(limit, backend);
  expect(after).toBeGreaterThan(30 * 0.8);
  expect(after).toBeLessThan(30 * 1.2);
});
