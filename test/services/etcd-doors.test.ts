import { spawnSync } from "node:child_process";
import { createServer } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isKeelsonError } from "keelson/core";
import { type StateStore, op, put } from "keelson/store";
import { type EtcdStoreOptions, etcdStore } from "keelson/store/etcd";
import { faultProxy } from "keelson/testing";
import { type Certificates, makeCertificates, opensslMissing } from "../support/certificates.js";
import { outcome } from "../support/outcome.js";
import { ownMs } from "../support/own-time.js";
import { type EtcdCluster, etcdMissing, startEtcd } from "../support/servers.js";
import { temporaryFolder } from "../support/sqlite.js";
import { batchesUntil } from "../support/store.js";
import { describeUnless } from "../support/when.js";

const patient = "30s";

async function codeOf(options: EtcdStoreOptions): Promise<unknown> {
  const error = await outcome(etcdStore({ timeout: patient, ...options }));
  return (error as { readonly code?: unknown }).code;
}

async function isUnavailableInTime(options: EtcdStoreOptions): Promise<void> {
  const started = ownMs();
  expect(await codeOf({ timeout: "2s", ...options })).toBe("STORE_UNAVAILABLE");
  expect(ownMs() - started).toBeLessThan(8_000);
}

describeUnless(etcdMissing() ?? opensslMissing, "an etcd behind TLS", () => {
  const folder = temporaryFolder();
  let files: Certificates;
  let etcd: EtcdCluster;
  beforeAll(async () => {
    files = makeCertificates(folder.path);
    etcd = await startEtcd({ tls: { cert: files.cert, key: files.key, clientCa: files.ca } });
  });
  afterAll(async () => {
    await etcd.stop();
    folder[Symbol.dispose]();
  });

  test("takes who trusts it and has a certificate", async () => {
    const url = `${etcd.url}?ca=${files.ca}&cert=${files.clientCert}&key=${files.clientKey}`;
    const store = await etcdStore({ url, timeout: patient });
    await put(store, "/a", "1");
    const batches = await batchesUntil(store.watch({ prefix: "" }, { from: 2 }), ({ type }) => type === "events");
    expect(batches).toHaveLength(2);
    await store.close();
  });

  test.each([
    ["without TLS", (): string => etcd.url.replace("etcds", "etcd")],
    [
      "by who does not trust it",
      (): string => `${etcd.url}?ca=${files.otherCa}&cert=${files.clientCert}&key=${files.clientKey}`,
    ],
    ["without a certificate", (): string => `${etcd.url}?ca=${files.ca}`],
  ])("is not entered %s", async (_how, url) => {
    await isUnavailableInTime({ url: url() });
  });

  test("files that are not there are named", async () => {
    const error = await outcome(etcdStore({ url: `${etcd.url}?ca=/nowhere/ca.pem` }));
    expect(error).toMatchObject({ code: "STORE_UNAVAILABLE", message: "/nowhere/ca.pem can't be read" });
  });
});

describeUnless(etcdMissing(), "an etcd with users", () => {
  let etcd: EtcdCluster;
  const etcdctl = (...args: readonly string[]): void => {
    const { status, stderr } = spawnSync("etcdctl", [`--endpoints=${etcd.endpoints.join(",")}`, ...args], {
      env: { ...process.env, ETCDCTL_API: "3" },
    });
    if (status !== 0) throw new Error(stderr.toString());
  };
  const urlOf = (user: string, query = ""): string => etcd.url.replace("://", `://${user}@`) + query;
  beforeAll(async () => {
    etcd = await startEtcd({ args: ["--auth-token-ttl=2"] });
    etcdctl("user", "add", "root:hu/sh");
    etcdctl("user", "grant-role", "root", "root");
    etcdctl("user", "add", "ann:word");
    etcdctl("role", "add", "app");
    etcdctl("role", "grant-permission", "--prefix=true", "app", "readwrite", "/app/");
    etcdctl("user", "grant-role", "ann", "app");
    etcdctl("auth", "enable");
  });
  afterAll(() => etcd.stop());

  test("refuses a wrong password, an unknown user and nobody, without telling what was tried", async () => {
    expect(await codeOf({ url: urlOf("root:wrong") })).toBe("STORE_AUTH");
    expect(await codeOf({ url: urlOf("nobody:hush") })).toBe("STORE_AUTH");
    expect(await codeOf({ url: etcd.url })).toBe("STORE_AUTH");
    const error = await outcome(etcdStore({ url: urlOf("root:s3cret"), timeout: patient }));
    expect(String((error as Error).stack)).not.toContain("s3cret");
  });

  test("keeps a user to the keys that are his", async () => {
    const own = await etcdStore({ url: urlOf("ann:word", "?prefix=/app/"), timeout: patient });
    await put(own, "a", "1");
    const rest = await own.range({ prefix: "" });
    expect(rest.kvs.map(({ key }) => key)).toEqual(["a"]);
    await own.close();
    expect(await codeOf({ url: urlOf("ann:word", "?prefix=/other/") })).toBe("STORE_AUTH");
  });

  test("a watch and a lease outlive their token", async () => {
    const store = await etcdStore({ url: urlOf("root", ""), password: "hu/sh", timeout: patient });
    const watch = batchesUntil(store.watch({ prefix: "/" }), ({ type }) => type === "events");
    const lease = await store.grantLease(600_000);
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    await lease.keepAliveOnce();
    await put(store, "/late", "1", { lease: lease.id });
    await watch;
    const again = batchesUntil(store.watch({ prefix: "/" }), ({ type }) => type === "events");
    await put(store, "/later", "1");
    await again;
    await store.close();
  });
});

describeUnless(etcdMissing(), "a plain etcd", () => {
  let etcd: EtcdCluster;
  let store: StateStore;
  beforeAll(async () => {
    etcd = await startEtcd({ args: ["--quota-backend-bytes=16777216"] });
    store = await etcdStore({ url: etcd.url, timeout: patient });
  });
  afterAll(async () => {
    await store.close();
    await etcd.stop();
  });

  test("is not entered with TLS, and what is no etcd not at all", async () => {
    await isUnavailableInTime({ url: etcd.url.replace("etcd:", "etcds:") });
    const mute = createServer((socket) => socket.on("error", () => undefined)).listen(0, "127.0.0.1");
    await new Promise((resolve) => mute.once("listening", resolve));
    const { port } = mute.address() as { port: number };
    await isUnavailableInTime({ url: `etcd://127.0.0.1:${port}` });
    mute.close();
    await expect(etcdStore({ url: "http://127.0.0.1" })).rejects.toThrow(TypeError);
  });

  test("a transaction too large for it is refused whole", async () => {
    const value = new Uint8Array(1_048_576);
    const then = [op.put("/big/1", value), op.put("/big/2", value)];
    expect(await outcome(store.txn({ then }))).toMatchObject({ code: "STORE_TOO_LARGE" });
    expect((await store.range({ prefix: "/big/" })).count).toBe(0);
  });

  test("keys may hold odd characters, and are told from their prefixes", async () => {
    const odd = [
      "/odd/ ",
      "/odd/\n",
      "/odd/ä",
      "/odd/\u{1f680}",
      "/odd/\u0001",
      "/odd/%2F",
      "/odd/a/b//c",
      "/odd/'\";--",
    ];
    for (const key of odd) await put(store, key, key);
    const { kvs } = await store.range({ prefix: "/odd/" });
    expect(new Set(kvs.map(({ key }) => key))).toEqual(new Set(odd));
    await expect(put(store, "/odd/\0", "")).rejects.toThrow(TypeError);
  });

  test("a put whose reply is lost is ambiguous, and was made once", async () => {
    await using proxy = await faultProxy({ target: etcd.endpoints[0] ?? "" });
    const far = await etcdStore({ url: `etcd://127.0.0.1:${proxy.port}`, timeout: patient });
    // What is dropped may be no reply but a word between the two ends, and the put may not have been read by then.
    for (let turn = 0, isFound = false; !isFound; turn += 1) {
      await far.get("/warm");
      void proxy.dropReply();
      const answer = await outcome(put(far, `/once/${turn}`, "1"));
      const version = (await store.get(`/once/${turn}`)).kv?.version;
      expect(version ?? 1).toBe(1);
      isFound = version === 1 && isKeelsonError(answer, "STORE_AMBIGUOUS");
      proxy.heal();
    }
    await far.close();
  });

  test("a renewal passes a thousand writes that came before it", async () => {
    const lease = await store.grantLease(600_000);
    // Behind them it would never pass; a server that gets no time for a while may answer all in one go.
    for (let isPassed = false; !isPassed;) {
      let written = 0;
      const writes = Array.from({ length: 1_000 }, async (_, index) => {
        await put(store, `/many/${index}`, "");
        written += 1;
      });
      await lease.keepAliveOnce();
      isPassed = written < 1_000;
      await Promise.all(writes);
    }
  });

  test("a lease ends by its deadline when the store is out of reach, before the store lets it go", async () => {
    await using proxy = await faultProxy({ target: etcd.endpoints[0] ?? "" });
    const far = await etcdStore({ url: `etcd://127.0.0.1:${proxy.port}`, timeout: "2s" });
    const lease = await far.grantLease(6_000);
    const { revision } = await far.txn({ then: [op.put("/leased", "1", { lease: lease.id })] });
    const { signal } = lease;
    proxy.blackhole();
    const gone = batchesUntil(store.watch({ key: "/leased" }, { from: revision + 1 }), ({ type }) => type === "events");
    const lost = new Promise((resolve) => {
      signal.addEventListener("abort", resolve);
    });
    expect(await outcome(lease.keepAliveOnce())).toMatchObject({ code: "STORE_UNAVAILABLE" });
    await gone;
    expect(lease.deadline()).toBeLessThan(performance.now());
    await lost;
    await far.close();
  });

  test("once it is full it says so, and applies nothing", async () => {
    const value = new Uint8Array(1_000_000);
    let full: unknown;
    for (let turn = 0; turn < 60 && full === undefined; turn += 1) {
      full = await outcome(put(store, "/fill", value)).then((result) => (result instanceof Error ? result : undefined));
    }
    expect(full).toMatchObject({ code: "STORE_FULL" });
    const { revision } = await store.get("/fill");
    expect(await outcome(put(store, "/fill", value))).toMatchObject({ code: "STORE_FULL" });
    expect((await store.get("/fill")).revision).toBe(revision);
  });
});
