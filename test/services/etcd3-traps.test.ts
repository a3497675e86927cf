import { Etcd3, type IOptions } from "etcd3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isKeelsonError } from "keelson/core";
import { op, put } from "keelson/store";
import { etcdStore } from "keelson/store/etcd";
import { type FaultProxy, faultProxy } from "keelson/testing";
import { outcome } from "../support/outcome.js";
import { type EtcdCluster, etcdMissing, startEtcd } from "../support/servers.js";
import { describeUnless } from "../support/when.js";

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What npm's etcd3 does under the same faults: why it is not what we build on. */
describeUnless(etcdMissing(), "where npm's etcd3 goes wrong, the store does not:", () => {
  let etcd: EtcdCluster;
  beforeAll(async () => {
    etcd = await startEtcd();
  });
  afterAll(() => etcd.stop());

  async function through(proxy: FaultProxy, options: Partial<IOptions> = {}): Promise<Etcd3> {
    const client = new Etcd3({ hosts: [`http://127.0.0.1:${proxy.port}`], ...options });
    await client.get("/warm");
    return client;
  }

  test("events of a watch that is cut off as soon as it stands", async () => {
    const events = 500;
    await using proxy = await faultProxy({ target: etcd.endpoints[0] ?? "" });
    const direct = await etcdStore({ url: etcd.url, timeout: "30s" });
    const ours = await etcdStore({ url: `etcd://127.0.0.1:${proxy.port}`, timeout: "30s" });
    const theirs = await through(proxy);
    const { revision } = await direct.get("/gap/");
    for (let index = 0; index < events; index += 100) {
      await direct.txn({ then: Array.from({ length: 100 }, (_, at) => op.put(`/gap/${index + at}`, "")) });
    }
    // The server has history ready within a tenth of a second: a cut may come too late to matter.
    let theirsSeen = events;
    while (theirsSeen === events) {
      theirsSeen = 0;
      const watcher = await theirs
        .watch()
        .prefix("/gap/")
        .startRevision(String(revision + 1))
        .create();
      proxy.cut();
      const all = new Promise<void>((resolve) => {
        watcher.on("put", () => {
          theirsSeen += 1;
          if (theirsSeen === events) resolve();
        });
      });
      await Promise.race([all, sleep(1_500)]);
      await watcher.cancel();
    }
    const watch = ours.watch({ prefix: "/gap/" }, { from: revision + 1 })[Symbol.asyncIterator]();
    await watch.next();
    proxy.cut();
    let seen = 0;
    while (seen < events) {
      const next = await watch.next();
      if (next.done !== true && next.value.type === "events") seen += next.value.events.length;
    }
    console.log(`of ${events} events, etcd3 showed ${theirsSeen}, the store ${seen}`);
    expect(seen).toBe(events);
    expect(theirsSeen).toBeLessThan(events);
    theirs.close();
    await Promise.all([direct.close(), ours.close()]);
  });

  test("a put whose reply is lost", async () => {
    await using proxy = await faultProxy({ target: etcd.endpoints[0] ?? "" });
    const direct = await etcdStore({ url: etcd.url, timeout: "30s" });
    const theirs = await through(proxy);
    const ours = await etcdStore({ url: `etcd://127.0.0.1:${proxy.port}`, timeout: "30s" });
    // What is dropped may be no reply but a word between the two ends, and the put may not have been read by then.
    let theirsMost = 0;
    for (let turn = 0; theirsMost <= 1; turn += 1) {
      void proxy.dropReply();
      await outcome(theirs.put(`/theirs/${turn}`).value("1").exec());
      theirsMost = (await direct.get(`/theirs/${turn}`)).kv?.version ?? 0;
      proxy.heal();
    }
    let oursMost = 0;
    for (let turn = 0, isLost = false; !isLost || oursMost === 0; turn += 1) {
      await ours.get("/warm");
      void proxy.dropReply();
      isLost = isKeelsonError(await outcome(put(ours, `/ours/${turn}`, "1")), "STORE_AMBIGUOUS");
      oursMost = Math.max(oursMost, (await direct.get(`/ours/${turn}`)).kv?.version ?? 0);
      proxy.heal();
    }
    console.log(`one put, its reply lost: etcd3 made it ${theirsMost} times, the store ${oursMost} time`);
    expect(oursMost).toBe(1);
    theirs.close();
    await Promise.all([direct.close(), ours.close()]);
  });

  test("a lease whose store is out of reach", async () => {
    const ttlMs = 3_000;
    await using proxy = await faultProxy({ target: etcd.endpoints[0] ?? "" });
    const theirs = await through(proxy);
    const theirLease = theirs.lease(ttlMs / 1_000);
    await theirLease.grant();
    const ours = await etcdStore({ url: `etcd://127.0.0.1:${proxy.port}`, timeout: "30s" });
    const ourLease = await ours.grantLease(ttlMs);
    const { signal } = ourLease;
    const started = performance.now();
    const over = sleep(ttlMs).then(() => "the time to live is over");
    proxy.blackhole();
    const told = (listen: (heard: () => void) => void): Promise<number> =>
      new Promise((resolve) => {
        listen(() => {
          resolve(performance.now() - started);
        });
      });
    const theirsAt = told((heard) => theirLease.on("lost", heard));
    const oursAt = told((heard) => {
      signal.addEventListener("abort", heard);
    });
    // Which of two timers was first does not depend on how late both were heard.
    expect(await Promise.race([oursAt, over])).toBeTypeOf("number");
    console.log(`a lease of ${ttlMs} ms was lost after ${Math.round(await oursAt)} ms here`);
    const late = await Promise.race([theirsAt, sleep(4 * ttlMs).then(() => Number.POSITIVE_INFINITY)]);
    console.log(`and after ${Math.round(late)} ms with etcd3`);
    expect(late).toBeGreaterThan(ttlMs);
    proxy.heal();
    theirs.close();
    await ours.close();
  });
});
