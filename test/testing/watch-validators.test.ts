import { describe, expect, test } from "vitest";
import { type Op, type WatchBatch, type WatchEvent, op } from "keelson/store";
import { type RecordedWatch, type WatchGuarantee, changeLog, validateWatches } from "keelson/testing";

const put = (key: string, value: string): Op => op.put(key, value);

/** Five revisions: a created, b created with c, a changed, b deleted, b created again. */
const log = changeLog([
  { revision: 2, ops: [put("/a", "1")] },
  { revision: 3, ops: [put("/b", "1"), put("/c", "1")] },
  { revision: 4, ops: [put("/a", "2")] },
  { revision: 5, ops: [op.delete("/b")] },
  { revision: 6, ops: [put("/b", "2")] },
  { revision: 7, ops: [put("/other", "1"), op.delete({ prefix: "/none" })] },
]);

const whole: readonly WatchBatch[] = log.map(({ revision, events }) => ({ type: "events", revision, events }));
const progress = (revision: number): WatchBatch => ({ type: "progress", revision });

/** Those batches; of the numbered ones only `pick` of the events. */
function batches(...revisions: readonly number[]): WatchBatch[] {
  return revisions.flatMap((revision) => whole.filter((batch) => batch.revision === revision));
}

function changed(revision: number, change: (event: WatchEvent) => WatchEvent): WatchBatch {
  const [batch] = batches(revision);
  if (batch?.type !== "events") throw new Error(`no events at ${revision}`);
  return { ...batch, events: batch.events.map(change) };
}

function breaches(watch: Partial<RecordedWatch>): readonly string[] {
  const defaults = { range: { prefix: "/" }, from: 2, prevKv: true, batches: whole };
  return Object.keys(validateWatches({ log, watches: [{ ...defaults, ...watch }] }));
}

describe("nothing is found in", () => {
  const sound: Readonly<Record<string, Partial<RecordedWatch>>> = {
    "a whole watch": {},
    "an empty one": { batches: [] },
    "one with progress": { batches: [progress(1), ...batches(2, 3), progress(3), progress(3), ...batches(4, 5)] },
    "one from the middle": { from: 4, batches: batches(4, 5, 6) },
    "one from the future": { from: 9, batches: [progress(8)] },
    "one of a single key": { range: { key: "/a" }, batches: batches(2, 4) },
    "one that ended early": { batches: batches(2, 3) },
    "one without previous states": {
      range: { key: "/a" },
      prevKv: false,
      batches: [2, 4].map((revision) => changed(revision, ({ type, kv }) => ({ type, kv }))),
    },
  };
  for (const [name, watch] of Object.entries(sound)) {
    test(name, () => {
      expect(breaches(watch)).toEqual([]);
    });
  }
});

describe("each breach is found, under its name and no other than goes with it", () => {
  const [, both] = whole;
  const [b, c] = both?.type === "events" ? both.events : [];
  const half = (event: WatchEvent): WatchBatch => ({
    type: "events",
    revision: 3,
    events: [event],
  });
  if (b === undefined || c === undefined) throw new Error("no events at 3");
  const stray: WatchEvent = { ...b, kv: { ...b.kv, modRevision: 4 } };
  const cases: Readonly<Record<string, [watch: Partial<RecordedWatch>, guarantees: readonly WatchGuarantee[]]>> = {
    "an event outside the range": [{ range: { key: "/a" }, batches: batches(2, 3, 4) }, ["filter"]],
    "batches out of order": [{ batches: batches(2, 4, 3, 5) }, ["ordered"]],
    "a batch again, later": [{ batches: batches(2, 3, 4, 3) }, ["ordered", "unique", "atomic"]],
    "a batch twice in a row": [{ batches: batches(2, 3, 3) }, ["unique", "atomic"]],
    "a revision in two batches": [{ batches: [...batches(2), half(b), half(c), ...batches(4)] }, ["atomic"]],
    "half a revision": [{ batches: [...batches(2), half(b), ...batches(4)] }, ["atomic", "reliable"]],
    "an event in another's batch": [
      { batches: [...batches(2), { type: "events", revision: 3, events: [b, c, stray] }] },
      ["atomic", "reliable"],
    ],
    "an event after the progress that covers it": [
      { batches: [...batches(2), progress(3), ...batches(3)] },
      ["bookmarkable"],
    ],
    "progress that goes back": [{ batches: [...batches(2, 3), progress(3), progress(2)] }, ["bookmarkable"]],
    "progress over what never came": [{ batches: [...batches(2), progress(3)] }, ["bookmarkable"]],
    "a late start": [{ from: 2, batches: batches(3, 4) }, ["resumable"]],
    "an early start": [{ from: 4, batches: batches(3, 4) }, ["resumable"]],
    "a gap": [{ batches: batches(2, 4, 5) }, ["reliable"]],
    "a change posing as a creation": [
      {
        batches: [
          ...batches(2, 3),
          changed(4, (event) => ({ ...event, kv: { ...event.kv, version: 1, createRevision: 4 } })),
        ],
      },
      ["isCreate", "reliable"],
    ],
    "a creation posing as a change": [
      { batches: [changed(2, (event) => ({ ...event, kv: { ...event.kv, version: 2 } }))] },
      ["isCreate", "reliable"],
    ],
    "another value": [
      { batches: [changed(2, (event) => ({ ...event, kv: { ...event.kv, value: new Uint8Array(1) } }))] },
      ["reliable"],
    ],
    "no previous state": [{ batches: [...batches(2, 3), changed(4, ({ type, kv }) => ({ type, kv }))] }, ["prevKv"]],
    "a previous state nobody asked for": [{ prevKv: false, batches: batches(2, 3, 4) }, ["prevKv"]],
    "a wrong previous state": [
      { batches: [...batches(2, 3), changed(4, (event) => ({ ...event, prev: event.kv }))] },
      ["prevKv"],
    ],
    "a previous state of a creation": [
      { batches: [changed(2, (event) => ({ ...event, prev: event.kv }))] },
      ["prevKv"],
    ],
  };
  for (const [name, [watch, guarantees]] of Object.entries(cases)) {
    test(name, () => {
      expect([...breaches(watch)].sort()).toEqual([...guarantees].sort());
    });
  }
});

test("a breach says which watch, and what was wrong", () => {
  const sound = { range: { prefix: "/" }, from: 2, prevKv: true, batches: whole };
  const found = validateWatches({ log, watches: [sound, { ...sound, batches: batches(2, 4) }] });
  expect(found).toEqual({
    reliable: ['watch 1: put of "/b" at 3 is missing', 'watch 1: put of "/c" at 3 is missing'],
  });
});

test("the log of changes knows what was there before", () => {
  expect(log.map(({ revision, events }) => [revision, events.length])).toEqual([
    [2, 1],
    [3, 2],
    [4, 1],
    [5, 1],
    [6, 1],
    [7, 1],
  ]);
  expect(log[2]?.events[0]).toMatchObject({ kv: { version: 2, createRevision: 2 }, prev: { version: 1 } });
  expect(log[3]?.events[0]).toMatchObject({ type: "delete", kv: { modRevision: 5 }, prev: { key: "/b" } });
  expect(log[4]?.events[0]).toMatchObject({ kv: { version: 1, createRevision: 6 } });
  expect(
    changeLog([{ revision: 2, ops: [op.put("/l", "", { lease: "x" }), op.range({ key: "/l" })] }])[0]?.events,
  ).toMatchObject([{ kv: { leaseId: "x" } }]);
});
