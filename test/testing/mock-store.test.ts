import { describe, expect, test } from "vitest";
import { type WatchBatch, op, put } from "keelson/store";
import { type MockStore, mockStore } from "keelson/testing";

/** What a checkpoint says is wrong; the store is as good as new after it. */
function verdict(store: MockStore): string {
  try {
    store.checkpoint();
    return "nothing";
  } catch (error) {
    return (error as Error).message;
  }
}

const at = (revision: number): { revision: number } => ({ revision });

describe("arguments", () => {
  test("an expected call is answered, whatever its arguments, unless told which", async () => {
    const store = mockStore();
    store.expect("get").returning(at(7));
    expect(await store.get("/anything", { revision: 3 })).toEqual({ revision: 7 });
    expect(verdict(store)).toBe("nothing");
  });

  test("are compared deeply, bytes too; what is left out at the end does not matter", async () => {
    const store = mockStore();
    store.expect("get").with("/plan").returning(at(7)).times(2);
    await store.get("/plan");
    await store.get("/plan", { consistency: "serializable" });
    store
      .expect("txn")
      .with({ then: [op.put("/a", "1")] })
      .returning({ succeeded: true, revision: 8, results: [] });
    expect(await put(store, "/a", "1")).toBe(8);
    expect(verdict(store)).toBe("nothing");
  });

  test("that differ are refused, and the nearest expectation is named", async () => {
    const store = mockStore();
    store.expect("get").with("/plan/a").returning(at(7));
    store.expect("get").with("/other").returning(at(7));
    store.expect("range").returning({ revision: 1, kvs: [], more: false, count: 0 });
    const said =
      'Unexpected get("/plan/b"); the nearest expectation is get("/plan/a") once: it is expected with "/plan/a"';
    await expect(store.get("/plan/b")).rejects.toThrow(said);
    expect(verdict(store)).toContain(said);
  });

  test("of bytes that are no text are told apart", async () => {
    const store = mockStore();
    store.expect("txn").with({ then: [op.put("/a", Uint8Array.of(0xff))] });
    await expect(store.txn({ then: [op.put("/a", Uint8Array.of(0xfe))] })).rejects.toThrow("0xff");
  });

  test("may be judged by a function", async () => {
    const store = mockStore();
    store
      .expect("get")
      .with((key) => key.startsWith("/jobs/"))
      .returning((key) => at(key.length))
      .times({ min: 1 });
    expect(await store.get("/jobs/1")).toEqual({ revision: 7 });
    expect(await store.get("/jobs/12")).toEqual({ revision: 8 });
    await expect(store.get("/nodes/1")).rejects.toThrow("it is expected with what a function accepts");
  });

  test("a call that nobody expected says so", async () => {
    const store = mockStore();
    await expect(store.get("/plan")).rejects.toThrow('Expected no call of get, got get("/plan")');
    expect(() => store.watch({ prefix: "/" })).toThrow("Expected no call of watch");
  });
});

describe("how often", () => {
  test("once, unless told otherwise", async () => {
    const store = mockStore();
    store.expect("get").with("/plan").returning(at(7));
    await store.get("/plan");
    const said = 'the nearest expectation is get("/plan") once: it is expected once, and has been called once';
    await expect(store.get("/plan")).rejects.toThrow(said);
  });

  test("of two that come near, the one that fits and takes no more is named", async () => {
    const store = mockStore();
    store
      .expect("get")
      .with((key) => key.endsWith("plan"))
      .returning(at(7));
    store.expect("get").with("/plans").returning(at(8));
    await store.get("/plan");
    await expect(store.get("/plan")).rejects.toThrow(
      "what a function accepts) once: it is expected once, and has been",
    );
  });

  test("too few calls fail the checkpoint", async () => {
    const store = mockStore();
    store.expect("get").times(2).returning(at(7));
    await store.get("/plan");
    expect(verdict(store)).toBe("Expected get(anything) 2 times, but it was called once");
    store.expect("health");
    expect(verdict(store)).toBe("Expected health(anything) once, but it was called never");
  });

  test("bounds hold at both ends", async () => {
    const store = mockStore();
    store.expect("get").times({ min: 1, max: 2 }).returning(at(7));
    expect(verdict(store)).toBe("Expected get(anything) 1 to 2 times, but it was called never");
    store.expect("get").times({ max: 1 }).returning(at(7));
    expect(verdict(store)).toBe("nothing");
    store.expect("get").times({ min: 2 }).returning(at(7));
    await store.get("/a");
    expect(verdict(store)).toBe("Expected get(anything) at least 2 times, but it was called once");
  });

  test("never means never", async () => {
    const store = mockStore();
    store.expect("close").never();
    expect(verdict(store)).toBe("nothing");
    store.expect("close").never();
    await expect(store.close()).rejects.toThrow("it is expected never, and has been called never");
  });

  test("a further expectation takes over from one that takes no more", async () => {
    const store = mockStore();
    store.expect("get").returning(at(1));
    store.expect("get").returning(at(2)).times(2);
    expect([await store.get("/a"), await store.get("/a"), await store.get("/a")]).toEqual([at(1), at(2), at(2)]);
    expect(verdict(store)).toBe("nothing");
  });

  test("what is no number of calls is refused", () => {
    const store = mockStore();
    expect(() => store.expect("get").times(1.5)).toThrow("Expected `times.min`");
    expect(() => store.expect("get").times(-1)).toThrow(RangeError);
    expect(() => store.expect("get").times({ min: 3, max: 2 })).toThrow("Expected `times.max`");
  });
});

describe("sequences", () => {
  test("hold calls to their order, also of different methods", async () => {
    const store = mockStore();
    const order = store.sequence();
    store.expect("get").inSequence(order).returning(at(1));
    store.expect("health").inSequence(order).returning({ status: "pass" });
    store.expect("close").inSequence(order);
    await expect(store.health()).rejects.toThrow("it is expected after get(anything) once");
    await store.get("/a");
    await store.health();
    await store.close();
    expect(verdict(store)).toMatch(/^Unexpected health\(\); [^\n]*$/);
  });

  test("one that may be called more often is over once a later one was called", async () => {
    const store = mockStore();
    const order = store.sequence();
    store.expect("get").times({ min: 1, max: 5 }).inSequence(order).returning(at(1));
    store.expect("close").inSequence(order);
    await store.get("/a");
    await store.get("/a");
    await store.close();
    await expect(store.get("/a")).rejects.toThrow("its turn in the sequence is over");
  });

  test("two of them do not hold each other up", async () => {
    const store = mockStore();
    const [one, two] = [store.sequence(), store.sequence()];
    store.expect("get").with("/1").inSequence(one).returning(at(1));
    store.expect("get").with("/2").inSequence(one).returning(at(2));
    store.expect("get").with("/3").inSequence(two).returning(at(3));
    for (const key of ["/1", "/3", "/2"]) await store.get(key);
    expect(verdict(store)).toBe("nothing");
  });
});

describe("answers", () => {
  test("may be errors, promises, and functions of the arguments", async () => {
    const store = mockStore();
    const error = new Error("the disk is full");
    store.expect("get").throwing(error);
    store.expect("get").returning(() => Promise.resolve(at(2)));
    await expect(store.get("/a")).rejects.toBe(error);
    expect(await store.get("/a")).toEqual(at(2));
  });

  test("of a watch are its batches; its errors come with them", async () => {
    const store = mockStore();
    const error = new Error("the watch is gone");
    const batch: WatchBatch = { type: "progress", revision: 7 };
    store.expect("watch").returning([batch, batch]);
    store.expect("watch").throwing(error);
    const seen: WatchBatch[] = [];
    for await (const each of store.watch({ prefix: "" })) seen.push(each);
    expect(seen).toEqual([batch, batch]);
    const failing = store.watch({ prefix: "" })[Symbol.asyncIterator]();
    await expect(failing.next()).rejects.toBe(error);
    expect(verdict(store)).toBe("nothing");
  });

  test("are not checked for capabilities: those are declared", () => {
    expect(mockStore({ capabilities: { leases: false } }).capabilities).toMatchObject({ leases: false, durable: true });
  });
});

test("a method that no store has can't be expected", () => {
  expect(() => mockStore().expect("put" as "get")).toThrow('Expected `method` to be one of "get"');
});

describe("verification", () => {
  test("a call whose error was swallowed fails the checkpoint nonetheless", async () => {
    const store = mockStore();
    await store.get("/plan").catch(() => undefined);
    expect(verdict(store)).toBe('Expected no call of get, got get("/plan")');
    expect(verdict(store)).toBe("nothing");
  });

  test("disposing verifies", () => {
    expect(() => {
      using store = mockStore();
      store.expect("get").with("/plan").returning(at(7));
    }).toThrow('Expected get("/plan") once, but it was called never');
  });

  test("a checkpoint forgets what it has verified", async () => {
    const store = mockStore();
    store.expect("get").times({ max: 9 }).returning(at(7));
    store.checkpoint();
    await expect(store.get("/plan")).rejects.toThrow("Expected no call of get");
  });
});
