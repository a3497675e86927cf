import { defineController, owns } from "keelson/controllers";
import { type Kind, type ResourceKey, defineKind } from "keelson/resources";
import { HotLoopError, createHarness } from "keelson/testing";
import { expect, test } from "vitest";
import { outcome } from "../support/outcome.js";

const Team: Kind<{ seats: number }, { seats: number; at?: number }> = defineKind<
  { seats: number },
  { seats: number; at?: number }
>()("Team");
const Seat: Kind<{ team: string }> = defineKind<{ team: string }>()("Seat");

/** A controller that gives a team its seats, one a run; and what it saw when. */
function teams() {
  const seen: string[] = [];
  const controller = defineController({
    for: Team,
    triggers: [owns(Seat)],
    async reconcile(team, { client, owned, now, event }) {
      event("Normal", "Looked", "which is no write that counts");
      const { name } = team.metadata;
      const seats = owned(Seat).length;
      seen.push(`${String((now() - Date.UTC(2030, 0, 1)) / 1000)}: ${String(seats)}`);
      if (seats < team.spec.seats) {
        const metadata = { name: `${name}-${String(seats)}` };
        await client.create(Seat, { metadata, spec: { team: name } }, { owner: team });
      }
      await client.patchStatus(team, { seats });
    },
  });
  return { controller, seen };
}

const red = (seats: number) => [Team, { metadata: { name: "red" }, spec: { seats } }] as const;

test("controllers work on a store in memory, in virtual time", async () => {
  const { controller, seen } = teams();
  await using t = await createHarness({ controllers: [controller] });
  await t.client.create(...red(2));
  await t.settle();
  expect((await t.client.list(Seat)).items).toHaveLength(2);
  expect(new Set(seen)).toEqual(new Set(["0: 0", "0: 1", "0: 2"]));
  expect(t.reconciles.map(({ controller, key, at }) => `${controller} ${key.name} ${String(at)}`)[0]).toBe(
    "team red 0",
  );
  expect(t.writes("team")).toBe(5);
  expect(t.logs).toEqual([]);
});

test("delayWatch: caches learn of everything so late, in order", async () => {
  const { controller, seen } = teams();
  await using t = await createHarness({ controllers: [controller] });
  t.faults.delayWatch("team", "5s");
  await t.client.create(...red(2));
  await t.advance("1m");
  expect(seen.slice(0, 3)).toEqual(["5: 0", "10: 1", "15: 2"]);
  t.faults.delayWatch("team", 0);
  await t.advance("5s");
  seen.length = 0;
  await t.client.create(Team, { metadata: { name: "blue" }, spec: { seats: 0 } });
  await t.settle();
  expect(seen).toEqual(["65: 0", "65: 0"]);
});

test("staleCache: caches stay as they are, then learn of everything", async () => {
  const { controller, seen } = teams();
  await using t = await createHarness({ controllers: [controller] });
  const team = await t.client.create(...red(0));
  await t.settle();
  t.faults.staleCache("team", "20s");
  await t.client.update(team, (draft) => void (draft.spec.seats = 1));
  seen.length = 0;
  await t.advance("10s");
  expect(seen).toEqual([]);
  t.enqueue("team", { name: "red" });
  await t.settle();
  expect([seen, (await t.client.list(Seat)).items]).toEqual([["10: 0"], []]);
  await t.advance("1m");
  expect([...new Set(seen)]).toEqual(["10: 0", "20: 0", "20: 1"]);
});

test("dropWatch: what happens while it is cut is never seen, only what is there afterwards", async () => {
  const gone: string[] = [];
  const sizes: number[] = [];
  const controller = defineController({
    for: Team,
    reconcile: ({ spec }) => void sizes.push(spec.seats),
    onGone: ({ name }) => gone.push(name),
  });
  await using t = await createHarness({ controllers: [controller] });
  const team = await t.client.create(...red(1));
  const blue = await t.client.create(Team, { metadata: { name: "blue" }, spec: { seats: 0 } });
  await t.settle();
  sizes.length = 0;
  t.faults.dropWatch("team", "10s");
  await t.advance("1s");
  await t.client.update(team, (draft) => void (draft.spec.seats = 2));
  await t.client.update(team, (draft) => void (draft.spec.seats = 3));
  await t.client.delete(blue);
  await t.advance("1m");
  expect([sizes, gone]).toEqual([[3], ["blue"]]);
});

test("conflictNext: the next writes of what is there are refused, creations are not", async () => {
  const { controller } = teams();
  await using t = await createHarness({ controllers: [controller] });
  t.faults.conflictNext("team", 2);
  await t.client.create(...red(1));
  await t.advance("1s");
  expect((await t.client.get(Team, "red"))?.status).toEqual({ seats: 1 });
  expect(t.logs.map(({ level, fields }) => `${level} ${String(fields["err"])}`)).toEqual([
    "debug ConflictError: Team default/red was changed, as planned",
    "debug ConflictError: Team default/red was changed, as planned",
  ]);
});

test("crashAfterWrite: the write stands, nobody learns of it, and what starts again is made anew", async () => {
  let lives = 0;
  const ended: string[] = [];
  const controllers = () => {
    lives += 1;
    const life = lives;
    return [
      defineController({
        for: Team,
        triggers: [owns(Seat)],
        async reconcile(team, { client, owned }) {
          for (let seat = owned(Seat).length; seat < team.spec.seats; seat += 1) {
            await client.create(Seat, { metadata: { name: `s${String(seat)}` }, spec: { team: "" } }, { owner: team });
            ended.push(`${String(life)}: ${String(seat)}`);
          }
        },
      }),
    ];
  };
  await using t = await createHarness({ controllers });
  const before = lives;
  t.faults.crashAfterWrite("team", 2, { every: true });
  await t.client.create(...red(5));
  await t.advance("1m");
  expect((await t.client.list(Seat)).items).toHaveLength(5);
  // Seats 1 and 3 are those at whose creation it crashed.
  expect(ended.map((line) => line.split(": ")[1])).toEqual(["0", "2", "4"]);
  expect(lives - before).toBe(2);
  t.crash("team");
  expect(lives - before).toBe(3);
  expect(t.logs).toEqual([]);
});

test("a key that wakes itself without end fails the harness", async () => {
  const controller = defineController({
    for: Team,
    async reconcile(team, { client }) {
      await client.patchStatus(team, { at: (team.status?.at ?? 0) + 1 });
    },
  });
  await using t = await createHarness({ controllers: [controller], maxReconcilesPerInstant: 20 });
  await t.client.create(...red(1));
  expect(await outcome(t.settle())).toEqual(new HotLoopError("team", { namespace: "default", name: "red" }, 20));
});

test("observe: shows what there was after each change; what it throws fails the harness", async () => {
  const { controller } = teams();
  await using t = await createHarness({ controllers: [controller] });
  const counts: number[] = [];
  t.observe(Seat, (seats) => {
    counts.push(seats.length);
    if (seats.length === 3) throw new Error("one too many");
  });
  const team = await t.client.create(...red(2));
  await t.settle();
  expect(counts).toEqual([0, 1, 2]);
  await t.client.update(team, (draft) => void (draft.spec.seats = 3));
  expect(await outcome(t.advance(0))).toEqual(new Error("one too many"));
});

test("the same seed gives the same run", async () => {
  const run = async (seed: number): Promise<unknown> => {
    const controller = defineController({
      for: Team,
      reconcile() {
        throw new Error("again");
      },
    });
    await using t = await createHarness({ controllers: [controller], seed });
    await t.client.create(...red(1));
    await t.advance("10m");
    return t.reconciles;
  };
  expect(await run(7)).toEqual(await run(7));
  expect(await run(7)).not.toEqual(await run(8));
});

test("what it is told must make sense", async () => {
  const { controller } = teams();
  expect(await outcome(createHarness({ controllers: [controller, controller] }))).toBeInstanceOf(TypeError);
  expect(await outcome(createHarness({ controllers: [], maxReconcilesPerInstant: 0 }))).toBeInstanceOf(RangeError);
  await using t = await createHarness({ controllers: [controller] });
  const key: ResourceKey = { name: "red" };
  expect(() => {
    t.enqueue("teams", key);
  }).toThrow(new TypeError('Expected `controller` to be one of "team", got "teams"'));
});
