import { type Compare, type Comparison, type Op, compareAndSwap, op, putIfAbsent, when } from "../store/index.js";
import { isMistake, rejects, same } from "./store-assert.js";
import type { StoreCases } from "./store-case.js";
import { type StoreFixture, textOf } from "./store-fixture.js";

async function holds(f: StoreFixture, ...conditions: readonly Compare[]): Promise<boolean> {
  return (await f.store.txn({ if: conditions, then: [] })).succeeded;
}

/** How a number compares with the one stored, by every operator, as `=!<>` with the false ones left out. */
async function relations(
  f: StoreFixture,
  build: (comparison: Comparison, value: number) => Compare,
  value: number,
): Promise<string> {
  let relations = "";
  for (const comparison of ["=", "!=", "<", ">"] as const) {
    if (await holds(f, build(comparison, value))) relations += comparison;
  }
  return relations;
}

async function comparesLike(
  f: StoreFixture,
  build: (comparison: Comparison, value: number) => Compare,
  stored: number,
): Promise<void> {
  same(await relations(f, build, stored), "=", "what holds of the number stored");
  same(await relations(f, build, stored + 1), "!=<", "what holds of a greater one");
  same(await relations(f, build, stored - 1), "!=>", "what holds of a smaller one");
}

/** Transactions: conditions, branches, atomicity. */
export const txnCases: StoreCases = {
  title: "transactions",
  needs: ["multiKeyTxn"],
  cases: {
    "without conditions the first branch runs": async (f) => {
      const { succeeded } = await f.store.txn({ then: [f.putOp("a", "then")], else: [f.putOp("a", "else")] });
      same([succeeded, await f.text("a")], [true, "then"], "the outcome");
    },
    "one condition that fails takes the other branch": async (f) => {
      await f.put("a", "1");
      const conditions = [when(f.key("a")).version("=", 1), when(f.key("a")).version("=", 2)];
      const txn = { if: conditions, then: [f.putOp("a", "then")], else: [f.putOp("a", "else")] };
      same([(await f.store.txn(txn)).succeeded, await f.text("a")], [false, "else"], "the outcome");
    },
    "without another branch a failed transaction does nothing": async (f) => {
      const before = await f.put("a", "1");
      const answer = await f.store.txn({ if: [when(f.key("a")).version("=", 9)], then: [f.putOp("a", "2")] });
      same(answer, { succeeded: false, revision: before, results: [] }, "the answer");
      same(await f.text("a"), "1", "the value");
    },
    "versions are compared": async (f) => {
      await f.put("a", "1");
      await f.put("a", "2");
      await comparesLike(f, (comparison, value) => when(f.key("a")).version(comparison, value), 2);
    },
    "create revisions are compared": async (f) => {
      const revision = await f.put("a", "1");
      await f.put("a", "2");
      await comparesLike(f, (comparison, value) => when(f.key("a")).createRevision(comparison, value), revision);
    },
    "modification revisions are compared": async (f) => {
      await f.put("a", "1");
      const revision = await f.put("a", "2");
      await comparesLike(f, (comparison, value) => when(f.key("a")).modRevision(comparison, value), revision);
    },
    "an absent key has version and revisions 0": async (f) => {
      const absent = when(f.key("none"));
      await comparesLike(f, (comparison, value) => absent.version(comparison, value), 0);
      await comparesLike(f, (comparison, value) => absent.createRevision(comparison, value), 0);
      await comparesLike(f, (comparison, value) => absent.modRevision(comparison, value), 0);
    },
    "a deleted key compares as an absent one": async (f) => {
      await f.put("a", "1");
      await f.delete("a");
      await comparesLike(f, (comparison, value) => when(f.key("a")).version(comparison, value), 0);
      await comparesLike(f, (comparison, value) => when(f.key("a")).modRevision(comparison, value), 0);
    },
    "values are compared byte by byte": async (f) => {
      await f.put("a", "one");
      const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
      const a = when(f.key("a"));
      const outcomes = [
        await holds(f, a.value("=", bytes("one"))),
        await holds(f, a.value("!=", bytes("one"))),
        await holds(f, a.value("=", bytes("on"))),
        await holds(f, a.value("!=", bytes("two"))),
      ];
      same(outcomes, [true, false, false, true], "the comparisons");
    },
    "comparing the value of an absent key is false": async (f) => {
      const absent = when(f.key("none"));
      const empty = new Uint8Array(0);
      same(
        [await holds(f, absent.value("=", empty)), await holds(f, absent.value("!=", empty))],
        [false, false],
        "both",
      );
    },
    "each operation has its answer, in order": async (f) => {
      await f.put("a", "1");
      const { results } = await f.run(
        f.putOp("b", "2"),
        op.range({ key: f.key("a") }),
        op.delete(f.key("a"), { prevKv: true }),
        op.range({ key: f.key("none") }),
      );
      same(
        results.map(({ type }) => type),
        ["put", "range", "delete", "range"],
        "the kinds",
      );
      const [, read, deleted] = results;
      same(read?.type === "range" && read.kvs.map(textOf), ["1"], "what was read");
      same(deleted?.type === "delete" && deleted.prevKvs.map(textOf), ["1"], "what was deleted");
    },
    "all changes of a transaction share one revision": async (f) => {
      await f.put("c", "old");
      const { revision } = await f.run(f.putOp("a", "1"), f.putOp("b", "2"), f.deleteOp("c"));
      const revisions = [(await f.kv("a"))?.modRevision, (await f.kv("b"))?.modRevision, await f.revision()];
      same(revisions, [revision, revision, revision], "the revisions");
    },
    "a range sees what the operations before it did": async (f) => {
      await f.put("a", "1");
      const { results } = await f.run(
        f.deleteOp("a"),
        op.range(f.all),
        f.putOp("b", "2"),
        op.range(f.all),
        f.putOp("c", "3"),
      );
      const read = results.map((result) => (result.type === "range" ? result.kvs.map((kv) => f.name(kv)) : []));
      same(read, [[], [], [], ["b"], []], "what the ranges saw");
    },
    "a range within a transaction may be limited": async (f) => {
      await f.run(f.putOp("a", "1"), f.putOp("b", "2"));
      const { results } = await f.run(op.range(f.all, { limit: 1 }));
      const [read] = results;
      same(read?.type === "range" && [read.kvs.length, read.more, read.count], [1, true, 2], "the answer");
    },
    "a range is deleted as one, and counted": async (f) => {
      await f.run(f.putOp("d/1", "1"), f.putOp("d/2", "2"), f.putOp("e", "3"));
      const { results } = await f.run(op.delete({ prefix: f.key("d/") }));
      same(results, [{ type: "delete", deleted: 2, prevKvs: [] }], "the answer");
      same(await f.state(), ["e=3"], "what is left");
    },
    "a deletion answers with what was there when asked to": async (f) => {
      await f.run(f.putOp("d/1", "1"), f.putOp("d/2", "2"));
      const { results } = await f.run(op.delete({ prefix: f.key("d/") }, { prevKv: true }));
      const [deleted] = results;
      same(deleted?.type === "delete" && deleted.prevKvs.map(textOf), ["1", "2"], "the previous values");
    },
    "a transaction that only reads adds no revision": async (f) => {
      const before = await f.put("a", "1");
      same((await f.run(op.range(f.all))).revision, before, "the revision");
      same((await f.run()).revision, before, "the revision");
      same((await f.run(op.delete({ prefix: f.key("none") }))).revision, before, "the revision");
      same(await f.revision(), before, "the revision");
    },
    "two puts of one key are refused": async (f) => {
      await isMistake(() => f.run(f.putOp("a", "1"), f.putOp("a", "2")), TypeError, "the transaction");
      same(await f.kv("a"), undefined, "the key");
    },
    "a put that overlaps a delete is refused": async (f) => {
      const put = f.putOp("a/1", "1");
      const overlapping: Op[] = [
        f.deleteOp("a/1"),
        op.delete({ prefix: f.key("a/") }),
        op.delete({ start: f.key("a"), end: f.key("b") }),
        op.delete({ start: f.key("a") }),
      ];
      for (const other of overlapping) {
        await isMistake(() => f.run(put, other), TypeError, "the transaction");
        await isMistake(() => f.run(other, put), TypeError, "the transaction");
        await isMistake(() => f.store.txn({ then: [], else: [put, other] }), TypeError, "the branch not taken");
      }
      same(await f.state(), [], "the state");
    },
    "both branches may write one key": async (f) => {
      await f.store.txn({ if: [when(f.key("a")).version("=", 0)], then: [f.putOp("a", "1")], else: [f.deleteOp("a")] });
      same(await f.text("a"), "1", "the value");
    },
    "deletes may overlap": async (f) => {
      await f.put("a/1", "1");
      const { results } = await f.run(op.delete({ prefix: f.key("a/") }), f.deleteOp("a/1"));
      same(
        results.map((result) => result.type === "delete" && result.deleted),
        [1, 0],
        "the counts",
      );
    },
    "128 operations fit": async (f) => {
      const ops = Array.from({ length: 128 }, (_, index) => f.putOp(`k${index}`, ""));
      await f.run(...ops);
      same((await f.store.range(f.all, { countOnly: true })).count, 128, "the count");
    },
    "more operations than declared are refused": async (f) => {
      const ops = Array.from({ length: f.store.capabilities.maxTxnOps + 1 }, (_, index) => f.putOp(`k${index}`, ""));
      await rejects(f.run(...ops), "STORE_TOO_LARGE", "the transaction");
      await rejects(f.store.txn({ then: [], else: ops }), "STORE_TOO_LARGE", "the branch not taken");
      same(await f.state(), [], "the state");
    },
    "malformed transactions are refused": async (f) => {
      const key = f.key("a");
      const wrong = [
        { then: undefined },
        { then: [{ type: "increment", key }] },
        { then: [{ type: "range", range: { key: "" } }] },
        { then: [{ type: "range", range: { key }, limit: 0 }] },
        { if: [{ key: "", target: "version", op: "=", value: 0 }], then: [] },
        { if: [{ key, target: "version", op: "~", value: 0 }], then: [] },
        { if: [{ key, target: "version", op: "=", value: "0" }], then: [] },
        { if: [{ key, target: "value", op: "<", value: new Uint8Array(0) }], then: [] },
        { if: [{ key, target: "age", op: "=", value: 0 }], then: [] },
        { iff: [], then: [f.putOp("a", "")] },
        { then: [{ ...f.putOp("a", ""), leas: "1" }] },
      ];
      for (const txn of wrong) {
        await isMistake(
          () =>
            f.store.txn(txn as never).catch((error: unknown) => {
              throw error instanceof RangeError ? new TypeError(error.message) : error;
            }),
          TypeError,
          JSON.stringify(txn),
        );
      }
    },
    "of many that create a key one succeeds": async (f) => {
      const racers = Array.from({ length: 10 }, (_, index) => putIfAbsent(f.store, f.key("a"), String(index)));
      const created = (await Promise.all(racers)).filter((result) => result.created);
      same(created.length, 1, "how many created it");
    },
    "increments by compare and swap lose none": async (f) => {
      const increment = async (): Promise<void> => {
        for (let attempt = 0; attempt < 1_000; attempt += 1) {
          const kv = await f.kv("n");
          const next = String(Number(kv === undefined ? 0 : textOf(kv)) + 1);
          if ((await compareAndSwap(f.store, f.key("n"), kv?.modRevision ?? 0, next)).swapped) return;
        }
      };
      await Promise.all(
        Array.from({ length: 5 }, async () => {
          for (let round = 0; round < 8; round += 1) await increment();
        }),
      );
      same([await f.text("n"), (await f.kv("n"))?.version], ["40", 40], "the count and the version");
    },
  },
};
