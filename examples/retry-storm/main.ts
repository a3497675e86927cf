/**
 * What retries do to a backend that is down: the same clients with a retry budget that they share, and without one.
 * Forty seconds on virtual time, so it does not take as long.
 */
import { retryBudget } from "keelson/resilience";
import { type Load, playStorm, storm } from "./storm.js";

const without = await playStorm();
const shared = await playStorm(() => retryBudget.ratio({ ratio: 0.2, reserve: 0 }));

console.log(`${String(storm.clients)} clients, a backend down from second ${String(storm.failsFrom)} on`);
show("no budget", without);
show("a budget of 20 %", shared);

function show(title: string, { offered, amplification }: Load): void {
  console.log(`\n${title}: ${amplification.toFixed(2)} × the load while it is down`);
  for (let second = 0; second < storm.seconds; second += 3) {
    const requests = offered[second] ?? 0;
    console.log(`  ${String(second).padStart(2)} s ${String(requests).padStart(5)} ${"#".repeat(requests / 100)}`);
  }
}
