import { Etcd3, type IOptions } from "etcd3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { op, put } from "keelson/store";
import { etcdStore } from "keelson/store/etcd";
import { type FaultProxy, faultProxy } from "keelson/testing";
import { outcome } from "../support/outcome.js";
import { type EtcdCluster, etcdMissing, startEtcd } from "../support/servers.js";
import { describeUnless } from "../support/when.js";

const patience = 60_000;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What npm's etcd3 does under the same faults: why it is not what we build on. */
describeUnless(etcdMissing(), "where npm's etcd3 goes wrong, the store does not:", () => {
  let etcd: EtcdCluster;
  beforeAll(async () => {
    etcd = await startEtcd();
  }, patience);
  afterAll(() => etcd.stop());

  async function through(proxy: FaultProxy, options: Partial<IOptions> = {}): Promise<Etcd3> {
    const client = new Etcd3({ hosts: [`http://127.0.0.1:${proxy.port}`], ...options });
    await client.get("/warm");
    return client;
  }

  test("events of a watch that is cut off as soon as it stands", { timeout: patience }, async () => {
    const events = 500;
    await using proxy = await faultProxy({ target: etcd.endpoints[0] ?? "" });
    const direct = await etcdStore({ url: etcd.url });
    const ours = await etcdStore({ url: `etcd://127.0.0.1:${proxy.port}` });
    const theirs = await through(proxy);
    const { revision } = await direct.get("/gap/");
    for (let index = 0; index < events; index += 100) {
      await direct.txn({ then: Array.from({ length: 100 }, (_, at) => op.put(`/gap/${index + at}`, "")) });
    }
    // The server has history ready within a tenth of a second: a cut may come too late to matter.
    let theirsSeen = events;
    for (let turn = 0; turn < 10 && theirsSeen === events; turn += 1) {
      theirsSeen = 0;
      const watcher = await theirs
        .watch()
        .prefix("/gap/")
        .startRevision(String(revision + 1))
        .create();
      proxy.cut();
      watcher.on("put", () => (theirsSeen += 1));
      await sleep(1_500);
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

  test("a put whose reply is lost", { timeout: patience }, async () => {
    await using proxy = await faultProxy({ target: etcd.endpoints[0] ?? "" });
    const direct = await etcdStore({ url: etcd.url });
    const theirs = await through(proxy);
    void proxy.dropReply();
    await outcome(theirs.put("/theirs").value("1").exec());
    const ours = await etcdStore({ url: `etcd://127.0.0.1:${proxy.port}` });
    void proxy.dropReply();
    expect(await outcome(put(ours, "/ours", "1"))).toMatchObject({ code: "STORE_AMBIGUOUS" });
    const versions = [(await direct.get("/theirs")).kv?.version, (await direct.get("/ours")).kv?.version];
    console.log(
      `one put, its reply lost: etcd3 made it ${String(versions[0])} times, the store ${String(versions[1])} time`,
    );
    expect(versions[1]).toBe(1);
    expect(versions[0]).toBeGreaterThan(1);
    theirs.close();
    await Promise.all([direct.close(), ours.close()]);
  });

  test("a lease whose store is out of reach", { timeout: patience }, async () => {
    const ttlMs = 3_000;
    await using proxy = await faultProxy({ target: etcd.endpoints[0] ?? "" });
    const theirs = await through(proxy);
    const theirLease = theirs.lease(ttlMs / 1_000);
    await theirLease.grant();
    const ours = await etcdStore({ url: `etcd://127.0.0.1:${proxy.port}` });
    const ourLease = await ours.grantLease(ttlMs);
    const { signal } = ourLease;
    const started = performance.now();
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
    console.log(`a lease of ${ttlMs} ms was lost after ${Math.round(await oursAt)} ms here`);
    expect(await oursAt).toBeLessThan(ttlMs);
    const late = await Promise.race([theirsAt, sleep(4 * ttlMs).then(() => Number.POSITIVE_INFINITY)]);
    console.log(`and after ${Math.round(late)} ms with etcd3`);
    expect(late).toBeGreaterThan(ttlMs);
    proxy.heal();
    theirs.close();
    await ours.close();
  });
});
