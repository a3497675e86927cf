import { describe, expect, test } from "vitest";
import { isKeelsonError } from "keelson/core";
import { type Simulation, applyFaults, remoteStore, serveStore, simulate } from "keelson/simulation";
import { LeaseNotFoundError, put } from "keelson/store";
import { memoryStore } from "keelson/store/memory";
import {
  type HistoryCall,
  type RegisterInput,
  type RegisterValue,
  checkLinearizable,
  registerModel,
  storeConformance,
} from "keelson/testing";
import { runs } from "../support/deep.js";
import { outcome } from "../support/outcome.js";
import { text } from "../support/store.js";

describe("a store reached over the simulated network", () => {
  let world: Simulation | undefined;
  const simulated = (name: string, body: () => Promise<void>): void => {
    test(name, async () => {
      await simulate({ seed: 1, net: { latency: { min: 0, max: 4 } } }, async (sim) => {
        world = sim;
        sim.store("store");
        await body();
      });
    });
  };
  storeConformance({
    test: simulated,
    open: () => {
      if (world === undefined) throw new Error("Expected a simulation to be going on");
      return remoteStore(world.net, "store");
    },
    capabilities: { durable: true },
  });
});

describe("over a network that fails", () => {
  test("a mutation without an answer is ambiguous, one that met nobody not applied, a read unavailable", async () => {
    await simulate({ seed: 1 }, async (sim) => {
      sim.store("store");
      const store = remoteStore(sim.net, "store", { requestTimeout: "1s" });
      const events: string[] = [];
      store.events.on("disconnected", () => events.push("disconnected"));
      store.events.on("connected", () => events.push("connected"));
      sim.partition("store", "test", { oneWay: true }); // requests arrive, answers do not
      expect(await outcome(put(store, "/a", "1"))).toMatchObject({ code: "STORE_AMBIGUOUS" });
      expect(await outcome(store.get("/a"))).toMatchObject({ code: "STORE_UNAVAILABLE" });
      sim.heal();
      expect((await store.get("/a")).kv?.version).toBe(1);
      sim.crash("store");
      expect(await outcome(put(store, "/a", "2"))).toMatchObject({ code: "STORE_NOT_APPLIED" });
      sim.restart("store");
      const stop = new AbortController();
      const put3 = outcome(put(store, "/a", "3", { signal: stop.signal }));
      await sim.sleep(1);
      stop.abort(new Error("stop"));
      expect(await put3).toMatchObject({ code: "STORE_AMBIGUOUS", cause: { message: "stop" } });
      await store.get("/a");
      expect(events).toEqual(["disconnected", "connected", "disconnected", "connected"]);
    });
  });

  test("what was acknowledged survives the store host's crash; with serveStore it does not", async () => {
    await simulate({ seed: 1 }, async (sim) => {
      sim.store("durable");
      sim.host("volatile", ({ net }) => {
        serveStore(net, memoryStore());
      });
      for (const [name, left] of [
        ["durable", 1],
        ["volatile", undefined],
      ] as const) {
        const store = remoteStore(sim.net, name);
        await put(store, "/a", "1");
        sim.restart(name);
        expect((await store.get("/a")).kv?.version).toBe(left);
      }
    });
  });

  test("a watch misses nothing and repeats nothing through partitions and restarts", async () => {
    for (let seed = 1; seed <= runs(50); seed += 1) {
      await simulate({ seed, net: { latency: { min: 1, max: 30 }, drop: 0.05 } }, async (sim) => {
        sim.store("store");
        const seen: (string | undefined)[] = [];
        sim.host("watcher", async ({ net }) => {
          for await (const batch of remoteStore(net, "store").watch({ prefix: "/" }, { from: 2 })) {
            if (batch.type === "events") seen.push(...batch.events.map(({ kv }) => text(kv)));
          }
        });
        const store = remoteStore(sim.net, "store", { requestTimeout: 200 });
        sim.after(1_000, () => {
          sim.partition("watcher", "store", { lasts: 3_000 });
        });
        sim.after(6_000, () => {
          sim.crash("store", 500);
        });
        const acknowledged: string[] = [];
        for (let value = 0; value < 40; value += 1) {
          const result = await outcome(put(store, "/key", String(value)));
          if (typeof result === "number") acknowledged.push(String(value));
          await sim.sleep(200);
        }
        sim.heal();
        await sim.sleep("30s");
        const inOrder = [...seen].map(Number);
        expect(inOrder).toEqual([...new Set(inOrder)].sort((a, b) => a - b));
        expect(seen).toEqual(expect.arrayContaining(acknowledged));
      });
    }
  });

  test("a lease's deadline on this side is never later than the store's", async () => {
    await simulate({ seed: 3, net: { latency: { min: 50, max: 200 } } }, async (sim) => {
      sim.store("store");
      const store = remoteStore(sim.net, "store");
      const sentAt = sim.now();
      const lease = await store.grantLease(2_000);
      expect(lease.deadline()).toBe(sentAt + 2_000);
      await put(store, "/held", "by me", { lease: lease.id });
      await sim.sleep(1_000);
      const renewedAt = sim.now();
      await lease.keepAliveOnce();
      expect(lease.deadline()).toBe(renewedAt + 2_000);
      sim.partition("store", "test");
      expect(await outcome(lease.keepAliveOnce())).toMatchObject({ code: "STORE_AMBIGUOUS" });
      expect(lease.signal.aborted).toBe(true);
      expect(lease.signal.reason).toBeInstanceOf(LeaseNotFoundError);
      sim.heal();
      expect((await store.get("/held")).kv).toBeUndefined();
    });
  });

  test("clients of a store under crashes, pauses and partitions are linearizable", async () => {
    for (let seed = 1; seed <= runs(100); seed += 1) {
      const history: HistoryCall<RegisterInput, RegisterValue | boolean>[] = [];
      await simulate({ seed, net: { drop: 0.01 } }, async (sim) => {
        sim.store("store");
        const clients = ["a", "b", "c"].map((client) =>
          sim.host(client, async ({ net, runtime }) => {
            const store = remoteStore(net, "store", { requestTimeout: 300 });
            for (let call = 0; call < 12; call += 1) {
              const key = runtime.random() < 0.5 ? "x" : "y";
              const value = `${client}${call}`;
              const writes = runtime.random() < 0.5;
              const input: RegisterInput = writes ? { op: "write", key, value } : { op: "read", key };
              const calledAt = sim.now();
              const result = await outcome(
                writes
                  ? put(store, `/${key}`, value).then(() => true)
                  : store.get(`/${key}`).then(({ kv }) => text(kv) ?? null),
              );
              const isAnswer = typeof result === "string" || result === true || result === null;
              if (isAnswer) history.push({ client, input, output: result, calledAt, returnedAt: sim.now() });
              else if (isKeelsonError(result, "STORE_AMBIGUOUS")) history.push({ client, input, calledAt });
              await runtime.sleep(50 * runtime.random());
            }
          }),
        );
        applyFaults(sim, [
          { kind: "pause", host: "store", at: 20 * (seed % 20), lasts: 400 },
          { kind: "partition", between: ["a", "store"], oneWay: seed % 2 === 0, at: 700, lasts: 200 },
          { kind: "crash", host: "store", at: 1_000 + seed, lasts: 150 },
        ]);
        await sim.until(() => clients.every(({ isDone }) => isDone));
      });
      expect(history.length).toBeGreaterThan(20);
      expect(checkLinearizable(history, registerModel).verdict).toBe("ok");
    }
  });
});
