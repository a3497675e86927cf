/**
 * Draws the plots of the guides, into `guides/media/`, from what the examples play: `npm run plots`. They come out the
 * same each time, since all of it runs on virtual time.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { type Backoff, type BackoffStep, exponential, retryBudget } from "keelson/resilience";
import { playStorm, storm } from "../examples/retry-storm/storm.js";
import { type Plot, drawPlot } from "./svg.js";

const bins = 60;
const binMs = 50;

/** When the retries of so many callers that failed together arrive, counted in bins. */
function arrivals(backoff: Backoff, callers: number): number[] {
  const counts = new Array<number>(bins).fill(0);
  let seed = 1;
  // The generator of Park and Miller: any will do, as long as it is always the same.
  const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  for (let caller = 0; caller < callers; caller += 1) {
    let at = 0;
    let previous = 0;
    for (let attempt = 1; attempt <= 4; attempt += 1) {
      const step: BackoffStep = { attempt, previous, error: undefined, random };
      previous = backoff(step);
      at += previous;
      const bin = Math.floor(at / binMs);
      if (bin < bins) counts[bin] = (counts[bin] ?? 0) + 1;
    }
  }
  return counts;
}

const without = await playStorm();
const shared = await playStorm(() => retryBudget.ratio({ ratio: 0.2, reserve: 0 }));
const plots: Readonly<Record<string, Plot>> = {
  "retry-storm": {
    title: "Requests a second at a backend that is down for 30 s",
    x: { label: "seconds", max: storm.seconds },
    series: [
      { name: "no budget", values: without.offered },
      { name: "budget of 20 %, shared", values: shared.offered },
      { name: "wanted", values: shared.wanted },
    ],
  },
  "retry-jitter": {
    title: "Retries of 1,000 callers that failed together, per 50 ms",
    x: { label: "milliseconds", max: bins * binMs },
    series: [
      { name: "no jitter", values: arrivals(exponential({ base: 200, jitter: "none" }), 1_000) },
      { name: "full jitter", values: arrivals(exponential({ base: 200, jitter: "full" }), 1_000) },
    ],
  },
};

mkdirSync("guides/media", { recursive: true });
for (const [name, plot] of Object.entries(plots)) {
  writeFileSync(`guides/media/${name}.svg`, drawPlot(plot));
  console.log(`plots: guides/media/${name}.svg`);
}
