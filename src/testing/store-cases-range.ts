import { type KeyRange, type RangeOptions, compareKeys, keyAfter } from "../store/index.js";
import { isMistake, same } from "./store-assert.js";
import type { StoreCases } from "./store-case.js";
import type { StoreFixture } from "./store-fixture.js";

/** Five keys, one of them a prefix of others. */
async function five(f: StoreFixture): Promise<void> {
  for (const name of ["b/2", "a", "b", "b/1", "b0"]) await f.put(name, name);
}

async function names(f: StoreFixture, range: KeyRange, options?: RangeOptions): Promise<readonly string[]> {
  return (await f.store.range(range, options)).kvs.map((kv) => f.name(kv));
}

/** Ranges: which keys, in which order, how many. */
export const rangeCases: StoreCases = {
  title: "ranges",
  cases: {
    "one key": async (f) => {
      await five(f);
      same(await names(f, { key: f.key("b") }), ["b"], "the keys");
      same(await names(f, { key: f.key("c") }), [], "the keys");
    },
    "a prefix takes in the key that equals it, and no neighbour": async (f) => {
      await five(f);
      same(await names(f, { prefix: f.key("b") }), ["b", "b/1", "b/2", "b0"], "the keys");
      same(await names(f, { prefix: f.key("b/") }), ["b/1", "b/2"], "the keys");
    },
    "from a start up to but not including an end": async (f) => {
      await five(f);
      same(await names(f, { start: f.key("b"), end: f.key("b/2") }), ["b", "b/1"], "the keys");
    },
    "bounds need not be keys that exist": async (f) => {
      await five(f);
      same(await names(f, { start: f.key("aa"), end: f.key("b/11") }), ["b", "b/1"], "the keys");
    },
    "a start without an end runs to the last key": async (f) => {
      await five(f);
      const { kvs } = await f.store.range({ start: f.key("b/2") });
      same(
        kvs.slice(0, 2).map((kv) => f.name(kv)),
        ["b/2", "b0"],
        "the first keys",
      );
    },
    "the empty prefix and the empty start are every key": async (f) => {
      await five(f);
      const { count } = await f.store.range({ prefix: "" });
      same((await f.store.range({ start: "" })).count, count, "the count");
      same((await f.store.range(f.all)).count <= count, true, "the whole to hold the part");
    },
    "an end at or before the start is an empty range": async (f) => {
      await five(f);
      same(await names(f, { start: f.key("b"), end: f.key("b") }), [], "the keys");
      same(await names(f, { start: f.key("b"), end: f.key("a") }), [], "the keys");
    },
    "the position after a key excludes it": async (f) => {
      await five(f);
      same(await names(f, { start: keyAfter(f.key("b")), end: f.key("b/2") }), ["b/1"], "the keys");
    },
    "keys are ordered by their UTF-8 bytes": async (f) => {
      const scattered = ["z", "\u{1f680}", "a", "\uff5e", "é", "A", "\ue000", "ab", "\u{10ffff}", "\ud7ff"];
      for (const name of scattered) await f.put(name, "");
      same(await names(f, f.all), [...scattered].sort(compareKeys), "the order");
      same(
        await names(f, { start: f.key("\ud7ff"), end: f.key("\u{1f680}") }),
        ["\ud7ff", "\ue000", "\uff5e"],
        "the keys",
      );
      same(await names(f, { prefix: f.key("\u{10ffff}") }), ["\u{10ffff}"], "the keys");
      same(await names(f, { prefix: f.key("\ud7ff") }), ["\ud7ff"], "the keys");
    },
    "a limit cuts the answer and says so": async (f) => {
      await five(f);
      const cut = await f.store.range(f.all, { limit: 2 });
      same([cut.kvs.length, cut.more, cut.count], [2, true, 5], "length, more and count");
      const whole = await f.store.range(f.all, { limit: 5 });
      same([whole.kvs.length, whole.more, whole.count], [5, false, 5], "length, more and count");
    },
    "pages show each key once": async (f) => {
      const all = Array.from({ length: 25 }, (_, index) => `k${index.toString().padStart(2, "0")}`);
      for (const name of all) await f.put(name, "");
      const seen: string[] = [];
      let start = f.key("");
      for (;;) {
        const { kvs, more } = await f.store.range({ start, end: f.key("l") }, { limit: 4 });
        seen.push(...kvs.map((kv) => f.name(kv)));
        if (!more) break;
        start = keyAfter(kvs.at(-1)?.key ?? "");
      }
      same(seen, all, "the keys");
    },
    "reverse runs from the last key to the first": async (f) => {
      await five(f);
      same(await names(f, f.all, { reverse: true }), ["b0", "b/2", "b/1", "b", "a"], "the keys");
      same(await names(f, f.all, { reverse: true, limit: 2 }), ["b0", "b/2"], "the keys");
    },
    "keysOnly leaves the values out": async (f) => {
      await f.put("a", "value");
      const { kvs } = await f.store.range(f.all, { keysOnly: true });
      same(
        kvs.map(({ key, value, version }) => [key, value.length, version]),
        [[f.key("a"), 0, 1]],
        "the keys",
      );
    },
    "countOnly gives no keys": async (f) => {
      await five(f);
      const { kvs, count } = await f.store.range(f.all, { countOnly: true });
      same([kvs, count], [[], 5], "keys and count");
    },
    "an empty range answers with the revision": async (f) => {
      const revision = await f.put("a", "1");
      const answer = await f.store.range({ prefix: f.key("none") });
      same(answer, { revision, kvs: [], more: false, count: 0 }, "the answer");
    },
    "deleted keys are neither shown nor counted": async (f) => {
      await five(f);
      await f.delete("b");
      const { kvs, count } = await f.store.range(f.all);
      same([kvs.map((kv) => f.name(kv)), count], [["a", "b/1", "b/2", "b0"], 4], "keys and count");
    },
    "a malformed range is refused": async (f) => {
      const wrong = [{}, { key: "" }, { prefix: "\ud800" }, { start: "a", end: 7 }, undefined];
      for (const range of wrong as KeyRange[]) {
        await isMistake(() => f.store.range(range), TypeError, `the range ${JSON.stringify(range)}`);
      }
      await isMistake(() => f.store.range(f.all, { limit: 0 }), RangeError, "a limit of 0");
    },
  },
};
