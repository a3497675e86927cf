import { constants } from "node:http2";
import { describe, expect, test } from "vitest";
import { createHealth, healthOf } from "keelson/health";
import { type StateStore, type WatchBatch, op, put, when } from "keelson/store";
import { type EtcdStoreOptions, etcdStore } from "keelson/store/etcd";
import { observe } from "keelson/telemetry";
import { type FakeEtcd, fakeEtcd, requestOf } from "../support/fake-etcd.js";
import { outcome } from "../support/outcome.js";
import { batchesUntil } from "../support/store.js";

async function withStore(
  body: (store: StateStore, etcd: FakeEtcd) => Promise<void>,
  options: Partial<EtcdStoreOptions> = {},
  prepare: (etcd: FakeEtcd) => void = () => undefined,
): Promise<void> {
  await using etcd = await fakeEtcd();
  prepare(etcd);
  const store = await etcdStore({ url: etcd.url, ...options });
  try {
    await body(store, etcd);
  } finally {
    await store.close();
  }
}

const conditional = { if: [when("/a").version("=", 0)], then: [op.put("/a", "1")] };
const times = (etcd: FakeEtcd, method: string): number => etcd.calls.filter((call) => call === method).length;
const event = (modRevision: number, key = "/a"): { kv: { key: string; modRevision: number; version: number } } => ({
  kv: { key, modRevision, version: 1 },
});

describe.for([
  ["Put", { then: [op.put("/a", "1")] }],
  ["Txn", conditional],
] as const)("a mutation sent as %s", ([method, write]) => {
  test("whose connection breaks after it was sent is ambiguous, and not sent again", async () => {
    await withStore(async (store, etcd) => {
      etcd.on(method, (call) => {
        call.drop();
      });
      const error = await outcome(store.txn(write));
      expect(error).toMatchObject({ code: "STORE_AMBIGUOUS" });
      expect((error as Error).cause).toBeInstanceOf(Error);
      await store.get("/a");
      expect(times(etcd, method)).toBe(1);
    });
  });

  test("that the server did not look at is sent again", async () => {
    await withStore(async (store, etcd) => {
      etcd.on(method, (call) => {
        if (times(etcd, method) === 1) call.reset(constants.NGHTTP2_REFUSED_STREAM);
        else if (method === "Put") call.respond("PutResponse", { header: etcd.header });
        else call.respond("TxnResponse", { header: etcd.header, succeeded: true, responses: [{ put: {} }] });
      });
      const retries: object[] = [];
      using _observing = observe({ "keelson:store:retry": (retry) => retries.push(retry) });
      expect(await store.txn(write)).toEqual({ succeeded: true, revision: 7, results: [{ type: "put" }] });
      expect(times(etcd, method)).toBe(2);
      expect(retries).toEqual([{ driver: "etcd", operation: method, error: expect.any(Error) as Error }]);
    });
  });

  test("that gets no answer in time is ambiguous", async () => {
    await withStore(
      async (store, etcd) => {
        etcd.on(method, () => undefined);
        expect(await outcome(store.txn(write))).toMatchObject({ code: "STORE_AMBIGUOUS" });
        expect(times(etcd, method)).toBe(1);
      },
      { timeout: 1_000 },
    );
  });

  test("that is aborted after it was sent is ambiguous, with the reason as its cause", async () => {
    await withStore(async (store, etcd) => {
      const controller = new AbortController();
      etcd.on(method, () => {
        controller.abort("enough");
      });
      const error = await outcome(store.txn(write, { signal: controller.signal }));
      expect(error).toMatchObject({ code: "STORE_AMBIGUOUS", cause: "enough" });
    });
  });

  test("under way when the store is closed is ambiguous; one that comes later is refused", async () => {
    await withStore(async (store, etcd) => {
      const sent = new Promise<void>((resolve) => {
        etcd.on(method, () => {
          resolve();
        });
      });
      const result = outcome(store.txn(write));
      await sent;
      await store.close();
      expect(await result).toMatchObject({ code: "STORE_AMBIGUOUS", cause: { code: "STORE_CLOSED" } });
      expect(await outcome(store.txn(write))).toMatchObject({ code: "STORE_CLOSED" });
    });
  });

  test.each([
    [8, "etcdserver: mvcc: database space exceeded", "STORE_FULL"],
    [3, "etcdserver: request is too large", "STORE_TOO_LARGE"],
    [5, "etcdserver: requested lease not found", "STORE_LEASE_NOT_FOUND"],
    [7, "etcdserver: permission denied", "STORE_AUTH"],
    [3, "etcdserver: duplicate key given in txn request", "STORE_NOT_APPLIED"],
    [12, "unknown service", "STORE_UNSUPPORTED"],
    [14, "etcdserver: request timed out", "STORE_AMBIGUOUS"],
    [14, "etcdserver: leader changed", "STORE_AMBIGUOUS"],
    [2, "something new", "STORE_AMBIGUOUS"],
  ])("that fails with %i, %s, is %s, and is not sent again", async (code, message, expected) => {
    await withStore(async (store, etcd) => {
      etcd.on(method, (call) => {
        call.fail(code, message);
      });
      expect(await outcome(store.txn(write))).toMatchObject({ code: expected });
      expect(times(etcd, method)).toBe(1);
    });
  });
});

describe("a read", () => {
  test("is repeated when the connection breaks", async () => {
    await withStore(async (store, etcd) => {
      const before = times(etcd, "Range");
      etcd.on("Range", (call) => {
        if (times(etcd, "Range") === before + 1) call.drop();
        else call.respond("RangeResponse", { header: etcd.header });
      });
      expect(await store.get("/a")).toEqual({ revision: 7 });
    });
  });

  test("fails with the signal's reason, and in time", async () => {
    await withStore(
      async (store, etcd) => {
        const controller = new AbortController();
        etcd.on("Range", () => {
          controller.abort("enough");
        });
        expect(await outcome(store.get("/a", { signal: controller.signal }))).toBe("enough");
        expect(await outcome(store.get("/a"))).toMatchObject({ code: "STORE_UNAVAILABLE" });
      },
      { timeout: 1_000 },
    );
  });
});

describe("credentials", () => {
  test("a token that is no longer taken is renewed, and the mutation sent again", async () => {
    const tokens: (string | undefined)[] = [];
    const authenticate = (etcd: FakeEtcd): void => {
      etcd.on("Authenticate", (call) => {
        expect(call.token).toBeUndefined();
        expect(requestOf(call, "AuthenticateRequest")).toMatchObject({ name: "ann", password: "p@ss" });
        call.respond("AuthenticateResponse", { header: etcd.header, token: `t${times(etcd, "Authenticate")}` });
      });
    };
    await withStore(
      async (store, etcd) => {
        etcd.on("Txn", (call) => {
          tokens.push(call.token);
          if (call.token === "t1") call.fail(16, "etcdserver: invalid auth token");
          else call.respond("TxnResponse", { header: etcd.header, succeeded: true, responses: [{ put: {} }] });
        });
        await store.txn(conditional);
        expect(tokens).toEqual(["t1", "t2"]);
      },
      { user: "ann", password: "p@ss" },
      authenticate,
    );
  });

  test("that are wrong, missing or of no use", async () => {
    const refused = async (message: string, options: Partial<EtcdStoreOptions>): Promise<unknown> => {
      await using etcd = await fakeEtcd();
      etcd.on("Authenticate", (call) => {
        call.fail(3, message);
      });
      etcd.on("Range", (call) => {
        call.fail(3, "etcdserver: user name is empty");
      });
      return await outcome(etcdStore({ url: etcd.url, ...options }));
    };
    const wrong = await refused("etcdserver: authentication failed, invalid user ID or password", {
      user: "ann",
      password: "secret",
    });
    expect(wrong).toMatchObject({ code: "STORE_AUTH" });
    expect(String((wrong as Error).stack)).not.toContain("secret");
    expect(await refused("", {})).toMatchObject({ code: "STORE_AUTH" });
    await withStore(
      async (store) => {
        await store.get("/a");
      },
      { user: "ann" },
      (etcd) => {
        etcd.on("Authenticate", (call) => {
          call.fail(9, "etcdserver: authentication is not enabled");
        });
      },
    );
  });
});

describe("what is no etcd", () => {
  test("kine is refused, by its headers and by its leases", async () => {
    await using etcd = await fakeEtcd();
    etcd.on("Range", (call) => {
      call.respond("RangeResponse", { header: { revision: 7 } });
    });
    expect(await outcome(etcdStore({ url: etcd.url }))).toMatchObject({ code: "STORE_UNSUPPORTED" });
    await withStore(async (store, other) => {
      other.on("LeaseGrant", (call) => {
        call.respond("LeaseGrantResponse", { id: (20).toString(16), ttl: 20 });
      });
      expect(await outcome(store.grantLease(20_000))).toMatchObject({ code: "STORE_UNSUPPORTED" });
    });
  });
});

describe("a watch", () => {
  test("puts fragments together, and never splits a revision", async () => {
    await withStore(async (store, etcd) => {
      etcd.on("Watch", (call) => {
        call.send("WatchResponse", { header: etcd.header, created: true });
        call.send("WatchResponse", { header: etcd.header, fragment: true, events: [event(8, "/a"), event(9, "/a")] });
        call.send("WatchResponse", { header: etcd.header, events: [event(9, "/b")] });
      });
      const batches = await batchesUntil(store.watch({ prefix: "" }), ({ revision }) => revision === 9);
      expect(batches.map(({ type, revision }) => `${type} ${revision}`)).toEqual([
        "progress 7",
        "events 8",
        "events 9",
      ]);
      expect((batches[2] as Extract<WatchBatch, { type: "events" }>).events).toHaveLength(2);
    });
  });

  test("resumes after the last revision that came completely", async () => {
    await withStore(async (store, etcd) => {
      const starts: number[] = [];
      etcd.on("Watch", (call) => {
        starts.push(requestOf(call, "WatchRequest").create?.startRevision ?? 0);
        call.send("WatchResponse", { header: etcd.header, created: true });
        if (starts.length > 1) {
          call.send("WatchResponse", { header: etcd.header, events: [event(9), event(10)] });
          return;
        }
        call.send("WatchResponse", { header: etcd.header, events: [event(8)] });
        call.send("WatchResponse", { header: etcd.header, fragment: true, events: [event(9)] });
        setImmediate(() => {
          call.reset(constants.NGHTTP2_INTERNAL_ERROR);
        });
      });
      const batches = await batchesUntil(store.watch({ prefix: "" }), ({ revision }) => revision === 10);
      expect(starts).toEqual([8, 9]);
      expect(batches.map(({ type, revision }) => `${type} ${revision}`)).toEqual([
        "progress 7",
        "events 8",
        "events 9",
        "events 10",
      ]);
    });
  });

  test("misses nothing though the store can't be asked where it is", async () => {
    await withStore(
      async (store, etcd) => {
        const starts: number[] = [];
        etcd.on("Watch", (call) => {
          starts.push(requestOf(call, "WatchRequest").create?.startRevision ?? 0);
          call.send("WatchResponse", { header: etcd.header, created: true });
        });
        etcd.on("Range", () => undefined);
        const watch = store.watch({ prefix: "" })[Symbol.asyncIterator]();
        expect(await outcome(store.get("/a"))).toMatchObject({ code: "STORE_UNAVAILABLE" });
        Object.assign(etcd.header, { revision: 8 });
        etcd.on("Range", (call) => {
          call.respond("RangeResponse", { header: etcd.header });
        });
        expect(await watch.next()).toMatchObject({ value: { type: "progress", revision: 7 } });
        expect(starts).toEqual([7]); // from the past it asks for one more, and shows it to nobody
      },
      { timeout: 1_000 },
    );
  });

  test("of what is yet to come shows nothing older, whatever the server sends", async () => {
    await withStore(async (store, etcd) => {
      etcd.on("Watch", (call) => {
        call.send("WatchResponse", { header: etcd.header, created: true });
        call.send("WatchResponse", { header: etcd.header, events: [event(8), event(19), event(20)] });
      });
      const batches = await batchesUntil(store.watch({ prefix: "" }, { from: 20 }), ({ type }) => type === "events");
      expect(batches.map(({ revision }) => revision)).toEqual([19, 20]);
    });
  });

  test("that nobody takes from ends, also where all came before the server could be made to wait", async () => {
    await withStore(async (store, etcd) => {
      const events = Array.from({ length: 10_001 }, (_, index) => event(8 + index));
      etcd.on("Watch", (call) => {
        call.send("WatchResponse", { header: etcd.header, created: true });
        call.send("WatchResponse", { header: etcd.header, events });
      });
      const lagged = new Promise((resolve) => {
        store.events.once("lagged", resolve);
      });
      const watch = store.watch({ prefix: "" })[Symbol.asyncIterator]();
      expect(await lagged).toEqual({ resumeFrom: 8 });
      expect(await outcome(watch.next())).toMatchObject({ code: "STORE_WATCH_LAGGED", resumeFrom: 8 });
      expect(times(etcd, "Watch")).toBe(1); // and not only once it has been silent for too long
    });
  });

  test("that hears nothing asks for progress, then makes a new connection", async () => {
    await withStore(async (store, etcd) => {
      let watches = 0;
      etcd.on("Watch", (call) => {
        watches += 1;
        call.send("WatchResponse", { header: etcd.header, created: true });
        if (watches > 1) call.send("WatchResponse", { header: etcd.header, events: [event(8)] });
      });
      const disconnected = new Promise((resolve) => {
        store.events.once("disconnected", resolve);
      });
      await batchesUntil(store.watch({ prefix: "" }, { progressMs: 100 }), ({ type }) => type === "events");
      await disconnected;
      expect(watches).toBe(2);
    });
  });

  test("ends with CompactedError when what it needs is gone", async () => {
    await withStore(async (store, etcd) => {
      etcd.on("Watch", (call) => {
        call.send("WatchResponse", { header: etcd.header, canceled: true, compactRevision: 6 });
      });
      const error = await outcome(batchesUntil(store.watch({ prefix: "" }, { from: 3 }), () => false));
      expect(error).toMatchObject({ code: "STORE_COMPACTED", compactRevision: 6 });
    });
  });
});

describe("a cluster that was replaced", () => {
  for (const [what, change] of [
    [
      "by another one",
      (etcd: FakeEtcd) => {
        etcd.header.clusterId = "def";
      },
    ],
    [
      "by an earlier state",
      (etcd: FakeEtcd) => {
        etcd.header.revision = 3;
      },
    ],
  ] as const) {
    test(`${what} ends watches and leases`, async () => {
      await withStore(async (store, etcd) => {
        const lease = await store.grantLease(60_000);
        const watch = store.watch({ prefix: "" })[Symbol.asyncIterator]();
        await watch.next();
        change(etcd);
        await store.get("/a");
        expect(await outcome(watch.next())).toMatchObject({ code: "STORE_COMPACTED" });
        expect(lease.signal.reason).toMatchObject({ code: "STORE_COMPACTED" });
      });
    });
  }

  test("is not taken for replaced because one answer came from the past", async () => {
    await withStore(async (store, etcd) => {
      const lease = await store.grantLease(60_000);
      const before = times(etcd, "Range");
      etcd.on("Range", (call) => {
        const revision = times(etcd, "Range") === before + 1 ? 3 : 7;
        call.respond("RangeResponse", { header: { ...etcd.header, revision } });
      });
      await store.get("/a");
      await store.get("/a");
      await store.get("/a");
      expect(lease.signal.aborted).toBe(false);
    });
  });
});

test("history is compacted only when that was allowed", async () => {
  await withStore(async (store) => {
    expect(await outcome(store.compact(3))).toMatchObject({ code: "STORE_UNSUPPORTED" });
  });
});

test("a server that can't be reached is said so within the time", async () => {
  const started = performance.now();
  expect(await outcome(etcdStore({ url: "etcd://127.0.0.1:1", timeout: 300 }))).toMatchObject({
    code: "STORE_UNAVAILABLE",
  });
  expect(performance.now() - started).toBeLessThan(5_000);
});

test("a mutation that can't be sent was not applied", async () => {
  await using etcd = await fakeEtcd();
  const store = await etcdStore({ url: etcd.url, timeout: 1_000 });
  await etcd[Symbol.asyncDispose]();
  await new Promise((resolve) => {
    store.events.once("disconnected", resolve);
  });
  const calls = [outcome(put(store, "/a", "1")), outcome(store.get("/a")), store.health()];
  expect(await Promise.all(calls)).toMatchObject([
    { code: "STORE_NOT_APPLIED" },
    { code: "STORE_UNAVAILABLE" },
    { status: "fail" },
  ]);
  await store.close();
});

test.for([
  ["3.4.23", { status: "warn", message: expect.stringContaining("etcd 3.4.23 has known errors") as string }],
  ["3.5.28", { status: "pass" }],
] as const)("the health of a store on etcd %s", async ([version, health]) => {
  await withStore(
    async (store) => {
      expect(await store.health()).toMatchObject({ ...health, details: { version } });
      const checks = createHealth();
      checks.check("store", healthOf(store));
      expect((await checks.handler()(new Request("http://localhost/readyz"))).status).toBe(200);
    },
    {},
    (etcd) => {
      etcd.on("Status", (call) => {
        call.respond("StatusResponse", { header: { clusterId: "1", revision: 1 }, version, leader: "1" });
      });
    },
  );
});
