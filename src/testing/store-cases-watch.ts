import { type WatchEvent, op, when } from "../store/index.js";
import { isMistake, rejectsWith, same, that } from "./store-assert.js";
import type { StoreCases } from "./store-case.js";

/** Watches: what is delivered, from where, to whom. */
export const watchCases: StoreCases = {
  title: "watches",
  needs: ["gapFreeWatch"],
  cases: {
    "the first batch is progress, before anything watched for": async (f) => {
      const revision = await f.put("a", "1");
      same(await f.watch().next(), { type: "progress", revision }, "the first batch from now on");
      const first = await f.watch(f.all, { from: revision }).next();
      that(first.type === "progress" && first.revision < revision, "progress before the revision asked for");
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
    "from a revision on, it included": async (f) => {
      await f.put("a", "1");
      const from = await f.put("a", "2");
      const last = await f.delete("a");
      same(await f.watch(f.all, { from }).until(last), ["put a=2", "delete a"], "the changes");
    },
    "it goes on from the past into the present": async (f) => {
      const from = await f.put("a", "1");
      const watch = f.watch(f.all, { from });
      same(await watch.changes(), ["put a=1"], "the past");
      await f.put("b", "2");
      same(await watch.changes(), ["put b=2"], "the present");
    },
    "one key": async (f) => {
      const watch = f.watch({ key: f.key("a") });
      await f.run(f.putOp("a", "1"), f.putOp("ab", "2"));
      const last = await f.run(f.deleteOp("a"), f.deleteOp("ab"));
      same(await watch.until(last.revision), ["put a=1", "delete a"], "the changes");
    },
    "a prefix": async (f) => {
      const watch = f.watch({ prefix: f.key("a/") });
      for (const name of ["a", "a/1", "a0", "b", "a/2"]) await f.put(name, "");
      same(await watch.until(await f.revision()), ["put a/1=", "put a/2="], "the changes");
    },
    "a start and an end": async (f) => {
      const watch = f.watch({ start: f.key("b"), end: f.key("d") });
      const past = await f.revision();
      for (const name of ["a", "b", "d", "c"]) await f.put(name, "");
      same(await watch.until(await f.revision()), ["put b=", "put c="], "the changes");
      const again = f.watch({ start: f.key("c") }, { from: past + 1 });
      same(await again.until(await f.revision()), ["put d=", "put c="], "the changes");
    },
    "a revision comes whole, in one batch": async (f) => {
      const watch = f.watch();
      const { revision } = await f.run(f.putOp("a", "1"), f.putOp("b", "2"), f.putOp("c", "3"));
      await watch.next();
      const batch = await watch.next();
      same([batch.type, batch.revision], ["events", revision], "the batch");
      same([...watch.shown()].sort(), ["put a=1", "put b=2", "put c=3"], "the changes");
      const past = f.watch(f.all, { from: revision });
      await past.next();
      const again = await past.next();
      same(again.type === "events" && again.events.length, 3, "the changes in the batch");
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
      await f.run(f.putOp("a/1", "1"), f.putOp("a/2", "2"));
      const watch = f.watch();
      await f.run(op.delete({ prefix: f.key("a/") }));
      same([...(await watch.changes())].sort(), ["delete a/1", "delete a/2"], "the changes");
    },
    "the previous state comes along when asked for": async (f) => {
      const from = await f.put("a", "1");
      await f.put("a", "2");
      await f.delete("a");
      const last = await f.put("a", "3");
      const show = ({ type, prev }: WatchEvent): string => `${type} after ${prev?.version ?? "nothing"}`;
      const expected = ["put after nothing", "put after 1", "delete after 2", "put after nothing"];
      const watch = f.watch(f.all, { from, prevKv: true });
      await watch.until(last);
      const shown = watch.batches.flatMap((batch) => (batch.type === "events" ? batch.events.map(show) : []));
      same(shown, expected, "the events");
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
    "a watch resumed anywhere sees the same rest": async (f) => {
      const from = (await f.revision()) + 1;
      for (let step = 0; step < 20; step += 1) {
        if (step % 6 === 5) await f.delete(`k${step % 3}`);
        else await f.run(f.putOp(`k${step % 3}`, String(step)), f.putOp("n", String(step)));
      }
      const last = await f.put("end", "");
      const whole = f.watch(f.all, { from });
      await whole.until(last);
      for (let start = from; start <= last; start += 1) {
        const resumed = f.watch(f.all, { from: start });
        await resumed.until(last);
        const rest = whole.batches.filter((batch) => batch.type === "events" && batch.revision >= start);
        const seen = resumed.batches.filter((batch) => batch.type === "events");
        same(seen, rest, `the batches from ${start}`);
      }
    },
    "leaving the loop ends it": async (f) => {
      const from = await f.put("a", "1");
      const watch = f.store.watch(f.all, { from });
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

/** Progress, where a store reports it. */
export const progressCases: StoreCases = {
  title: "watches",
  needs: ["gapFreeWatch", "progress"],
  cases: {
    "progress comes while nothing happens": async (f) => {
      const watch = f.watch(f.all, { progressMs: 200 });
      const first = await watch.next();
      const started = f.runtime.now();
      const second = await watch.next();
      same([second.type, second.revision], ["progress", first.revision], "the batch");
      that(f.runtime.now() - started < 20_000, "it to come soon");
      await watch.stop();
    },
    "progress counts what is not watched": async (f) => {
      const watch = f.watch({ key: f.key("quiet") }, { progressMs: 200 });
      const revision = await f.put("a", "1");
      same(await watch.until(revision), [], "the changes");
      await watch.stop();
    },
    "a watch that resumes after progress misses nothing": async (f) => {
      const watch = f.watch(f.all, { progressMs: 200 });
      await f.put("a", "1");
      await watch.changes();
      let batch = await watch.next();
      while (batch.type !== "progress") batch = await watch.next();
      await watch.stop();
      const last = await f.put("a", "2");
      const resumed = f.watch(f.all, { from: batch.revision + 1 });
      same(await resumed.until(last), ["put a=2"], "the changes");
    },
    "progress never runs ahead of events": async (f) => {
      const watch = f.watch(f.all, { progressMs: 50 });
      let last = 0;
      for (let step = 0; step < 20; step += 1) {
        last = await f.put("a", String(step));
        if (step % 5 === 0) await f.runtime.sleep(60);
      }
      await watch.until(last);
      let bookmark = 0;
      for (const { type, revision } of watch.batches) {
        that(type === "progress" ? revision >= bookmark : revision > bookmark, "no event at or below earlier progress");
        bookmark = revision;
      }
      await watch.stop();
    },
  },
};

/** Watches of what is yet to come. */
export const futureWatchCases: StoreCases = {
  title: "watches",
  needs: ["gapFreeWatch", "futureWatch"],
  cases: {
    "from a revision that is yet to come, nothing older is shown": async (f) => {
      const from = (await f.revision()) + 3;
      const watch = f.watch(f.all, { from, progressMs: 200 });
      for (const value of ["1", "2", "3", "4"]) await f.put("a", value);
      const changes = [await watch.changes(), await watch.changes()];
      same(changes, [["put a=3"], ["put a=4"]], "the changes");
      await watch.stop();
    },
  },
};
