import { type WatchEvent, op, when } from "../store/index.js";
import { isMistake, rejectsWith, same } from "./store-assert.js";
import type { StoreCases } from "./store-case.js";
import type { StoreFixture, WatchProbe } from "./store-fixture.js";

/** Watches from now on, which every store has: what is delivered, in which form, to whom. */
export const watchCases: StoreCases = {
  title: "watches",
  cases: {
    "the first batch is progress": async (f) => {
      const revision = await f.put("a", "1");
      same(await f.watch().next(), { type: "progress", revision }, "the first batch from now on");
    },
    "it is registered at the call": async (f) => {
      const watch = f.watch();
      await f.put("a", "1");
      same(await watch.changes(), ["put a=1"], "the changes");
    },
    "it shows nothing older than the call": async (f) => {
      await f.put("a", "1");
      const watch = f.watch();
      await f.put("a", "2");
      same(await watch.changes(), ["put a=2"], "the changes");
    },
    "one key": async (f) => {
      const watch = f.watch({ key: f.key("a") });
      for (const name of ["ab", "a"]) await f.put(name, "1");
      await f.delete("ab");
      same(await watch.until(await f.delete("a")), ["put a=1", "delete a"], "the changes");
    },
    "a prefix": async (f) => {
      const watch = f.watch({ prefix: f.key("a/") });
      for (const name of ["a", "a/1", "a0", "b", "a/2"]) await f.put(name, "");
      same(await watch.until(await f.revision()), ["put a/1=", "put a/2="], "the changes");
    },
    "a start and an end": async (f) => {
      const [watch, open] = [f.watch({ start: f.key("b"), end: f.key("d") }), f.watch({ start: f.key("c") })];
      for (const name of ["a", "b", "d", "c"]) await f.put(name, "");
      same(await watch.until(await f.revision()), ["put b=", "put c="], "the changes");
      same(await open.until(await f.revision()), ["put d=", "put c="], "the changes without an end");
    },
    "a put shows the key as it is then": async (f) => {
      const first = await f.put("a", "1");
      const watch = f.watch();
      const last = await f.put("a", "2");
      const [event] = await watch.events();
      const kv = {
        key: f.key("a"),
        value: new TextEncoder().encode("2"),
        createRevision: first,
        modRevision: last,
        version: 2,
      };
      same(event, { type: "put", kv }, "the event");
    },
    "a delete shows the key and its revision": async (f) => {
      await f.put("a", "1");
      const watch = f.watch();
      const revision = await f.delete("a");
      const [event] = await watch.events();
      same([event?.type, event?.kv.key, event?.kv.modRevision], ["delete", f.key("a"), revision], "the event");
      same([event?.kv.value.length, event && "prev" in event], [0, false], "value and previous state");
    },
    "a range that is deleted shows each of its keys": async (f) => {
      for (const name of ["a/1", "a/2"]) await f.put(name, "");
      const watch = f.watch();
      await f.run(op.delete({ prefix: f.key("a/") }));
      same([...(await watch.changes())].sort(), ["delete a/1", "delete a/2"], "the changes");
    },
    "the previous state comes along when asked for": async (f) => {
      const watch = f.watch(f.all, { prevKv: true });
      const last = await changeAndChangeBack(f);
      await watch.until(last);
      same(
        previousStates(watch),
        ["put after nothing", "put after 1", "delete after 2", "put after nothing"],
        "the events",
      );
    },
    "an identical put is an event": async (f) => {
      await f.put("a", "1");
      const watch = f.watch();
      await f.put("a", "1");
      same(await watch.changes(), ["put a=1"], "the changes");
    },
    "what changes nothing shows nothing": async (f) => {
      const watch = f.watch();
      await f.store.txn({ if: [when(f.key("a")).version("=", 7)], then: [f.putOp("a", "1")] });
      await f.delete("none");
      await f.put("b", "2");
      same(await watch.changes(), ["put b=2"], "the changes");
    },
    "each watch has its own place": async (f) => {
      const [one, two] = [f.watch(), f.watch()];
      await f.put("a", "1");
      await f.put("a", "2");
      same([await one.changes(), await one.changes()], [["put a=1"], ["put a=2"]], "the first watch");
      same([await two.changes(), await two.changes()], [["put a=1"], ["put a=2"]], "the second watch");
    },
    "leaving the loop ends it": async (f) => {
      const watch = f.store.watch(f.all);
      await f.put("a", "1");
      const iterator = watch[Symbol.asyncIterator]();
      await iterator.next();
      const waiting = iterator.next().then(() => iterator.next());
      await f.store.get(f.key("a"));
      await f.within(Promise.resolve(iterator.return?.()), "the watch to stop");
      same((await f.within(waiting, "the wait to end")).done, true, "the end");
      same((await iterator.next()).done, true, "the end");
    },
    "it can be iterated once": async (f) => {
      const watch = f.store.watch(f.all);
      const iterator = watch[Symbol.asyncIterator]();
      await isMistake(() => watch[Symbol.asyncIterator](), TypeError, "the second iterator");
      await f.within(Promise.resolve(iterator.return?.()), "the watch to stop");
    },
    "an aborted signal ends it with its reason": async (f) => {
      const reason = { why: "done" };
      const controller = new AbortController();
      const watch = f.watch(f.all, { signal: controller.signal });
      await watch.next();
      const waiting = watch.iterator.next();
      controller.abort(reason);
      await rejectsWith(f.within(waiting, "the abort"), reason, "the wait");
      same((await watch.iterator.next()).done, true, "the end");
      const late = f.watch(f.all, { signal: controller.signal });
      await rejectsWith(f.within(late.iterator.next(), "the abort"), reason, "the late watch");
    },
    "a malformed watch is refused at the call": async (f) => {
      await isMistake(() => f.store.watch({ key: "" }), TypeError, "an empty key");
      await isMistake(() => f.store.watch(f.all, { from: -1 }), RangeError, "a negative revision");
      await isMistake(() => f.store.watch(f.all, { progressMs: 0 }), RangeError, "a pause of 0");
    },
  },
};

/** What a transaction changes. */
export const txnWatchCases: StoreCases = {
  title: "watches",
  needs: ["multiKeyTxn"],
  cases: {
    "a revision comes whole, in one batch": async (f) => {
      const watch = f.watch();
      const { revision } = await f.run(f.putOp("a", "1"), f.putOp("b", "2"), f.putOp("c", "3"));
      await watch.next();
      const batch = await watch.next();
      same([batch.type, batch.revision], ["events", revision], "the batch");
      same([...watch.shown()].sort(), ["put a=1", "put b=2", "put c=3"], "the changes");
    },
  },
};

/** Makes, changes, deletes and makes a key; answers the last revision. */
export async function changeAndChangeBack(f: StoreFixture): Promise<number> {
  await f.put("a", "1");
  await f.put("a", "2");
  await f.delete("a");
  return await f.put("a", "3");
}

/** What each event of a watch says of the state before it. */
export function previousStates(watch: WatchProbe): readonly string[] {
  const show = ({ type, prev }: WatchEvent): string => `${type} after ${prev?.version ?? "nothing"}`;
  return watch.batches.flatMap((batch) => (batch.type === "events" ? batch.events.map(show) : []));
}
