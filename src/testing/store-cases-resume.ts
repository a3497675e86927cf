import { same, that } from "./store-assert.js";
import type { StoreCases } from "./store-case.js";
import { changeAndChangeBack, previousStates } from "./store-cases-watch.js";

/** Watches of the past, and on into the present. */
export const resumeCases: StoreCases = {
  title: "watches",
  needs: ["gapFreeWatch"],
  cases: {
    "the first batch is progress before the revision asked for": async (f) => {
      const revision = await f.put("a", "1");
      const first = await f.watch(f.all, { from: revision }).next();
      that(first.type === "progress" && first.revision < revision, "progress before the revision asked for");
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
    "a revision of the past comes whole, in one batch": async (f) => {
      const { revision } = await f.run(f.putOp("a", "1"), f.putOp("b", "2"), f.putOp("c", "3"));
      const past = f.watch(f.all, { from: revision });
      await past.next();
      const batch = await past.next();
      same(batch.type === "events" && batch.events.length, 3, "the changes in the batch");
    },
    "a range of the past": async (f) => {
      const past = await f.revision();
      for (const name of ["a", "b", "d", "c"]) await f.put(name, "");
      const watch = f.watch({ start: f.key("b"), end: f.key("d") }, { from: past + 1 });
      same(await watch.until(await f.revision()), ["put b=", "put c="], "the changes");
    },
    "the previous state comes along with the past, too": async (f) => {
      const from = (await f.revision()) + 1;
      const last = await changeAndChangeBack(f);
      const watch = f.watch(f.all, { from, prevKv: true });
      await watch.until(last);
      same(
        previousStates(watch),
        ["put after nothing", "put after 1", "delete after 2", "put after nothing"],
        "the events",
      );
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
  },
};

/** Where a watch can't go on after a break: who resumes is told so, and never misses anything without knowing. */
export const noResumeCases: StoreCases = {
  title: "watches that do not resume",
  lacks: "gapFreeWatch",
  cases: {
    "from a revision that has been, it ends with `CompactedError`": async (f) => {
      const from = await f.put("a", "1");
      await f.put("a", "2");
      for (const past of [from, from + 1]) {
        const watch = f.watch(f.all, { from: past });
        same(await watch.failure(), "STORE_COMPACTED", `the error of a watch from ${past}`);
        same(watch.shown(), [], "what was shown before that");
      }
    },
    "from the revision after what was read, nothing is missed": async (f) => {
      await f.put("a", "1");
      const { revision } = await f.store.range(f.all);
      const watch = f.watch(f.all, { from: revision + 1 });
      await f.put("a", "2");
      same(await watch.changes(), ["put a=2"], "the changes");
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
