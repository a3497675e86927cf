import { expect, it } from "vitest";
import { Workload } from "keelson/reconcilers";
import { createWorld, isReady, template } from "./world.js";

it("R0.2 R11.4 comes to the same end when the control plane stops after every so many writes", async () => {
  for (const every of [1, 2, 3]) {
    const world = createWorld();
    try {
      await world.addNode("a", { cpu: 400 });
      await world.deploy({ replicas: 2, strategy: { type: "RollingUpdate", maxSurge: 1, maxUnavailable: 0 } });
      for (let crashes = 0; crashes < 80; crashes += 1) {
        if (crashes === 40) {
          expect((await world.instances()).length).toBeGreaterThan(0);
          await world.change((spec) => {
            spec.template = template("2");
          });
        }
        const stop = new AbortController();
        let writes = 0;
        const watching = (async () => {
          for await (const batch of world.store.watch({ prefix: "" }, { signal: stop.signal })) {
            if (batch.type === "events") writes += 1;
            if (writes >= every) break;
          }
        })().catch(() => undefined);
        world.start();
        await Promise.race([watching, world.time.advance("2s")]);
        await world.stop();
        stop.abort(new Error("enough"));
        await watching;
      }
      world.start();
      await world.time.advance("1m");
      const instances = await world.instances();
      expect(instances.filter(isReady)).toHaveLength(2);
      expect(instances.map(({ spec }) => spec.env?.["VERSION"])).toEqual(["2", "2"]);
      expect((await world.client.list(Workload)).items.map(({ spec }) => spec.replicas).sort()).toEqual([0, 2]);
    } finally {
      await world.end();
    }
  }
});
