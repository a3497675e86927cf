import { describe, expect, test } from "vitest";
import { type StateStore, exportSnapshot, importSnapshot, op, put } from "keelson/store";
import { memoryStore } from "keelson/store/memory";
import { textsOf } from "../support/store.js";

async function linesOf(store: StateStore, prefix = "/"): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of exportSnapshot(store, { prefix })) lines.push(line);
  return lines;
}

async function seeded(count: number): Promise<StateStore> {
  const store = memoryStore();
  for (let start = 0; start < count; start += 100) {
    const puts = Array.from({ length: Math.min(100, count - start) }, (_, index) =>
      op.put(`/k${(start + index).toString().padStart(5, "0")}`, `v${start + index}`),
    );
    await store.txn({ then: puts });
  }
  return store;
}

describe("a snapshot", () => {
  test("comes back whole, over many pages and batches, in pieces of any size", async () => {
    const from = await seeded(1_201);
    await put(
      from,
      "/binary",
      Uint8Array.from({ length: 20_000 }, (_, index) => index % 256),
    );
    await put(from, "/empty", "");
    const text = (await linesOf(from)).join("");
    const pieces = text.match(/[^]{1,777}/g) ?? [];
    const to = memoryStore();
    expect(await importSnapshot(to, "/", pieces)).toMatchObject({ keys: 1_203 });
    expect(textsOf(await to.range({ prefix: "/" }))).toEqual(textsOf(await from.range({ prefix: "/" })));
  });

  test("shows one revision, whatever is written meanwhile", async () => {
    const store = await seeded(1_100);
    const { revision } = await store.get("/k");
    const lines: string[] = [];
    for await (const line of exportSnapshot(store, { prefix: "/" })) {
      if (lines.length === 1) await store.txn({ then: [op.delete({ prefix: "/" })] });
      lines.push(line);
    }
    expect(JSON.parse(lines[0] ?? "")).toEqual({ keelson: "snapshot", format: 1, revision });
    expect(lines).toHaveLength(1_102);
    expect(JSON.parse(lines.at(-1) ?? "")).toEqual({ end: true, keys: 1_100 });
  });

  test("can be taken of a store that was compacted up to the present", async () => {
    const store = await seeded(1_100);
    await store.compact((await store.get("/k")).revision);
    expect(await linesOf(store)).toHaveLength(1_102);
  });

  test("fails where its history is compacted on the way", async () => {
    const store = await seeded(1_700);
    const lines = exportSnapshot(store, { start: "/" });
    await lines.next();
    await put(store, "/z", "");
    await store.compact((await store.get("/k")).revision);
    await expect(
      (async () => {
        for (let next = await lines.next(); next.done !== true;) next = await lines.next();
      })(),
    ).rejects.toMatchObject({ code: "STORE_COMPACTED" });
  });

  test("of nothing is a head and an end", async () => {
    const lines = await linesOf(memoryStore());
    expect(lines).toHaveLength(2);
    const store = memoryStore();
    expect(await importSnapshot(store, "/", lines)).toEqual({ sourceRevision: 1, keys: 0 });
    expect((await store.get("/a")).revision).toBe(1);
  });
});

describe("an import", () => {
  test("is refused where the prefix is not empty, and where somebody gets in between", async () => {
    const lines = await linesOf(await seeded(3));
    const taken = await seeded(1);
    await expect(importSnapshot(taken, "/", lines)).rejects.toMatchObject({ code: "STORE_NOT_APPLIED" });
    const raced = memoryStore();
    const racing = (function* () {
      yield lines.slice(0, 2).join("");
      void put(raced, "/k00000", "mine");
      yield lines.slice(2).join("");
    })();
    await expect(importSnapshot(raced, "/", racing)).rejects.toMatchObject({ code: "STORE_NOT_APPLIED" });
    expect(textsOf(await raced.range({ prefix: "/" }))).toEqual({ "/k00000": "mine" });
  });

  test("notices what is no whole snapshot", async () => {
    const lines = await linesOf(await seeded(3));
    const wrong: Readonly<Record<string, [lines: readonly string[], message: string]>> = {
      "cut off": [lines.slice(0, -1), "cut off"],
      "a line lost": [lines.filter((_, index) => index !== 1), "cut off"],
      empty: [[], "cut off"],
      "no head": [lines.slice(1), "line 1"],
      "no JSON": [[...lines.slice(0, 2), "{secret\n"], "Expected line 3 of the snapshot to be a JSON object"],
      "no object": [[...lines.slice(0, 2), "7\n"], "line 3"],
      "no value": [[...lines.slice(0, 1), '{"key":"/a"}\n'], "a key and a value"],
      "no base64": [[...lines.slice(0, 1), '{"key":"/a","value":"*"}\n'], "base64"],
      "another prefix": [[...lines.slice(0, 1), '{"key":"a","value":""}\n'], 'begins with "/"'],
      "more after the end": [[...lines, ...lines.slice(1, 2)], "nothing after the last line"],
    };
    for (const [name, [text, message]] of Object.entries(wrong)) {
      await expect(importSnapshot(memoryStore(), "/", text), name).rejects.toThrow(message);
    }
  });

  test("stops with its signal", async () => {
    const reason = new Error("no longer");
    const signal = AbortSignal.abort(reason);
    await expect(importSnapshot(memoryStore(), "/", [], { signal })).rejects.toBe(reason);
    await expect(exportSnapshot(memoryStore(), { prefix: "/" }, { signal }).next()).rejects.toBe(reason);
  });
});
