import { isMistake, rejects, same, that } from "./store-assert.js";
import type { StoreCases } from "./store-case.js";

/** Single keys: what is put is read back, and is counted. */
export const keyCases: StoreCases = {
  title: "keys",
  cases: {
    "a key that was never put is absent": async (f) => {
      same(await f.kv("a"), undefined, "the key");
    },
    "a put is read back": async (f) => {
      const revision = await f.put("a", "1");
      const { kv, ...answer } = await f.store.get(f.key("a"));
      same(
        kv,
        {
          key: f.key("a"),
          value: new TextEncoder().encode("1"),
          createRevision: revision,
          modRevision: revision,
          version: 1,
        },
        "the key",
      );
      same(answer, { revision }, "the revision of the read");
    },
    "a value may be empty": async (f) => {
      await f.put("a", "");
      same((await f.kv("a"))?.value.length, 0, "the length of the value");
    },
    "a value may hold every byte": async (f) => {
      const value = Uint8Array.from({ length: 256 }, (_, index) => index);
      await f.put("a", value);
      same([...((await f.kv("a"))?.value ?? [])], [...value], "the bytes");
    },
    "a part of a buffer stores that part": async (f) => {
      await f.put("a", new TextEncoder().encode("before-inside-after").subarray(7, 13));
      same(await f.text("a"), "inside", "the value");
    },
    "each put counts, and the creation stays": async (f) => {
      const first = await f.put("a", "1");
      await f.put("b", "x");
      const last = await f.put("a", "2");
      const { createRevision, modRevision, version } = (await f.kv("a")) ?? {};
      same([createRevision, modRevision, version], [first, last, 2], "creation, modification and version");
    },
    "a deleted key is absent": async (f) => {
      await f.put("a", "1");
      const { results } = await f.run(f.deleteOp("a"));
      same(results, [{ type: "delete", deleted: 1, prevKvs: [] }], "the answer");
      same(await f.kv("a"), undefined, "the key");
    },
    "deleting what is absent changes nothing": async (f) => {
      const before = await f.put("a", "1");
      const { results, revision } = await f.run(f.deleteOp("b"));
      same([results, revision], [[{ type: "delete", deleted: 0, prevKvs: [] }], before], "the answer and the revision");
    },
    "a key that is put again after its deletion begins anew": async (f) => {
      await f.put("a", "1");
      await f.put("a", "2");
      await f.delete("a");
      const revision = await f.put("a", "3");
      const { createRevision, modRevision, version } = (await f.kv("a")) ?? {};
      same([createRevision, modRevision, version], [revision, revision, 1], "creation, modification and version");
    },
    "an identical put is a change": async (f) => {
      const first = await f.put("a", "1");
      same(await f.put("a", "1"), first + 1, "the revision");
      same((await f.kv("a"))?.version, 2, "the version");
    },
    "each change adds one revision": async (f) => {
      const first = await f.put("a", "1");
      const revisions = [await f.put("b", "1"), await f.delete("a"), await f.put("a", "2")];
      same(revisions, [first + 1, first + 2, first + 3], "the revisions");
    },
    "reads add no revision": async (f) => {
      const revision = await f.put("a", "1");
      await f.kv("a");
      await f.state();
      same(await f.revision(), revision, "the revision");
    },
    "what was handed in may be changed afterwards": async (f) => {
      const value = new TextEncoder().encode("safe");
      const written = f.put("a", value);
      value.fill(0);
      await written;
      const second = new TextEncoder().encode("safe");
      await f.put("b", second);
      second.fill(0);
      same(await f.text("b"), "safe", "the value");
    },
    "what was handed out may be changed": async (f) => {
      await f.put("a", "safe");
      (await f.kv("a"))?.value.fill(0);
      (await f.store.range(f.all)).kvs[0]?.value.fill(0);
      same(await f.text("a"), "safe", "the value");
    },
    "a key may have 1,024 bytes": async (f) => {
      const name = "é".repeat(512).slice(0, Math.floor((1_024 - f.prefix.length) / 2));
      await f.put(name, "1");
      same(await f.text(name), "1", "the value");
    },
    "a malformed key is refused": async (f) => {
      const revision = await f.revision();
      for (const key of ["", "a\0b", "\ud800", "a\udc00b", "x".repeat(1_025), "é".repeat(513)]) {
        await isMistake(() => f.store.get(key), TypeError, `reading the key ${JSON.stringify(key)}`);
        const put = { type: "put", key, value: new Uint8Array(0) } as const;
        await isMistake(() => f.run(put), TypeError, `putting the key ${JSON.stringify(key)}`);
      }
      same(await f.revision(), revision, "the revision");
    },
    "keys differ by code points, however they look": async (f) => {
      await f.put("\u00e9", "composed");
      await f.put("e\u0301", "decomposed");
      same(await f.text("\u00e9"), "composed", "the first");
      same(await f.text("e\u0301"), "decomposed", "the second");
    },
    "a value may have 1 MiB": async (f) => {
      const value = new Uint8Array(1_048_576).fill(7);
      value[1_048_575] = 9;
      await f.put("a", value);
      const { value: read } = (await f.kv("a")) ?? {};
      that(read?.length === value.length && read[0] === 7 && read.at(-1) === 9, "the whole value");
    },
    "a value that is too long is refused": async (f) => {
      const value = new Uint8Array(f.store.capabilities.maxValueBytes + 1);
      await rejects(f.put("a", value), "STORE_TOO_LARGE", "the put");
      same(await f.kv("a"), undefined, "the key");
    },
    "a value that is no bytes is refused": async (f) => {
      const put = { type: "put", key: f.key("a"), value: "text" as unknown as Uint8Array } as const;
      await isMistake(() => f.run(put), TypeError, "the put");
    },
  },
};
