import { listAppendModel, setModel } from "./linearizability-collections.js";
import { registerModel } from "./linearizability-register.js";
import { same, that } from "./store-assert.js";
import type { StoreCases } from "./store-case.js";
import { textOf } from "./store-fixture.js";
import { playAndCheck, listClient, registerClient, setClient } from "./store-history.js";

const clients = 6;
const callsEach = 25;

const each = <T>(make: (client: number) => T): readonly T[] =>
  Array.from({ length: clients }, (_, index) => make(index));

/** What several clients see of each other. */
export const concurrencyCases: StoreCases = {
  title: "concurrency",
  needs: ["linearizableReads"],
  cases: {
    "reads, writes, compares and swaps of a register are linearizable": (f) =>
      playAndCheck(
        registerModel,
        each((client) => registerClient(f, client)),
        callsEach,
      ),
    "additions to a set, and reads of it, are linearizable": (f) =>
      playAndCheck(
        setModel,
        each((client) => setClient(f, client)),
        callsEach,
      ),
    "appends by compare and swap, and reads, are linearizable": (f) =>
      playAndCheck(
        listAppendModel,
        each((client) => listClient(f, client)),
        callsEach,
      ),
    "each change has a revision of its own, later than all that were answered before": async (f) => {
      const before = await f.revision();
      const revisions: number[] = [];
      await Promise.all(
        each(async (client) => {
          for (let step = 0; step < 20; step += 1) {
            const latest = Math.max(before, ...revisions);
            const revision = await f.put(`k${client}`, String(step));
            that(revision > latest, `a revision beyond ${latest}, which had been answered`);
            revisions.push(revision);
          }
        }),
      );
      const expected = Array.from({ length: 20 * clients }, (_, index) => before + 1 + index);
      same(
        [...revisions].sort((a, b) => a - b),
        expected,
        "the revisions",
      );
    },
    "what a transaction changes is never seen in part": async (f) => {
      let isDone = false;
      const reader = async (): Promise<void> => {
        while (!isDone) {
          const values = (await f.store.range({ prefix: f.key("pair/") })).kvs.map(textOf);
          that(
            values.length === 0 || (values.length === 2 && values[0] === values[1]),
            `a pair, got ${String(values)}`,
          );
          const { results } = await f.run(
            { type: "range", range: { key: f.key("pair/a") } },
            { type: "range", range: { key: f.key("pair/b") } },
          );
          const read = results.map((result) => (result.type === "range" ? result.kvs.map(textOf).join() : ""));
          that(read[0] === read[1], `a pair, got ${String(read)}`);
        }
      };
      const readers = [reader(), reader()];
      await Promise.all(
        each(async (client) => {
          for (let step = 0; step < 15; step += 1) {
            const value = `${client}-${step}`;
            await f.run(f.putOp("pair/a", value), f.putOp("pair/b", value));
          }
        }),
      );
      isDone = true;
      await Promise.all(readers);
    },
    "a branch is taken on what is there when the transaction is made": async (f) => {
      // Each turns the switch; had two seen the same state, one turn would be lost.
      const turn = async (): Promise<void> => {
        await f.store.txn({
          if: [{ key: f.key("switch"), target: "version", op: "=", value: 0 }],
          then: [f.putOp("switch", "on")],
          else: [f.deleteOp("switch")],
        });
      };
      const before = await f.revision();
      await Promise.all(Array.from({ length: 31 }, turn));
      same([await f.text("switch"), (await f.revision()) - before], ["on", 31], "the switch and the revisions");
    },
  },
};
