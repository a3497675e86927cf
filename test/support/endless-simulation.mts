import { test } from "node:test";
import { simTest } from "keelson/simulation";

simTest("never ends", { test, seeds: [7, 8], timeoutMs: 50 }, async (sim) => {
  for (;;) await sim.sleep("1s");
});
