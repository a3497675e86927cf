import { TerminalError, defineController } from "keelson/controllers";
import { currentRuntime } from "keelson/core";
import { ConflictError, keyOf } from "keelson/resources";
import { describe, expect, test } from "vitest";
import { Parent, type World, runWorld } from "./world.js";

type Outcome = Error | { readonly requeueAfter: number } | { readonly requeueAt: Date } | undefined;

/** A world with one object whose nth reconcile, from 0, comes to `outcome(n)`; and when each began. */
async function reconciling(
  outcome: (run: number) => Outcome,
): Promise<{ readonly world: World; readonly runs: number[]; readonly attempts: number[] }> {
  const [runs, attempts]: [number[], number[]] = [[], []];
  const controller = defineController({
    for: Parent,
    backoff: { base: 100, cap: 1000, jitter: 0 },
    reconcile(_parent, { attempt }) {
      attempts.push(attempt);
      const result = outcome(runs.push(currentRuntime().now()) - 1);
      if (result instanceof Error) throw result;
      return result;
    },
  });
  const world = await runWorld([controller]);
  await world.client.create(Parent, { metadata: { name: "p" }, spec: { size: 1 } });
  await world.time.settle();
  return { world, runs, attempts };
}

const boom = new Error("boom");

describe("a run that asks to be looked at again", () => {
  test("after some time is", async () => {
    const { world, runs } = await reconciling((run) => (run < 2 ? { requeueAfter: 250 } : undefined));
    await using _ = world;
    await world.time.advance("1m");
    expect(runs).toEqual([0, 250, 500]);
  });

  test("at some date is; one that has passed means now", async () => {
    const at = (ms: number) => ({ requeueAt: new Date(Date.UTC(2030, 0, 1) + ms) });
    const { world, runs } = await reconciling((run) => [at(5000), at(0)][run]);
    await using _ = world;
    await world.time.advance("1m");
    expect(runs).toEqual([0, 5000, 5000]);
  });

  test("is not looked at then if a change came in between", async () => {
    const { world, runs } = await reconciling((run) => (run === 0 ? { requeueAfter: 1000 } : undefined));
    await using _ = world;
    await world.time.advance(400);
    world.manager.enqueue("parent", { name: "p" });
    await world.time.advance("1m");
    expect(runs).toEqual([0, 400]);
  });

  const mistakes = [null, true, { requeueAfer: 5 }] as never[];
  test.each([{ requeueAfter: -1 }, { requeueAt: new Date(Number.NaN) }, ...mistakes])(
    "%o is a failure",
    async (result) => {
      const { world, runs } = await reconciling((run) => (run === 0 ? result : undefined));
      await using _ = world;
      await world.time.advance("1m");
      expect(runs).toEqual([0, 100]);
      expect(world.logs).toMatchObject([{ level: "warn", message: "reconcile failed; trying again" }]);
      expect(String(world.logs[0]?.fields["err"])).toMatch(/Expected `(?:reconcile|requeueA\w+)` to (?:be|return) /);
    },
  );
});

describe("a failure", () => {
  test("is tried again with back-off, and counted for the reconciler to see", async () => {
    const { world, runs, attempts } = await reconciling((run) => (run < 5 ? boom : undefined));
    await using _ = world;
    await world.time.advance("1m");
    expect(runs).toEqual([0, 100, 300, 700, 1500, 2500]);
    expect(attempts).toEqual([0, 1, 2, 3, 4, 5]);
    expect(world.logs).toHaveLength(5);
  });

  test("is forgotten with a success", async () => {
    const { world, runs, attempts } = await reconciling((run) => (run === 2 ? { requeueAfter: 50 } : boom));
    await using _ = world;
    await world.time.advance(700);
    expect(runs).toEqual([0, 100, 300, 350, 450, 650]);
    expect(attempts).toEqual([0, 1, 2, 0, 1, 2]);
  });

  test("counts once per window, however often the key is woken in it", async () => {
    const { world, runs, attempts } = await reconciling((run) => (run < 4 ? boom : undefined));
    await using _ = world;
    for (const ms of [10, 10, 10]) {
      await world.time.advance(ms);
      world.manager.enqueue("parent", { name: "p" });
    }
    await world.time.advance("1m");
    expect(runs).toEqual([0, 10, 20, 30, 100]);
    expect(attempts).toEqual([0, 1, 1, 1, 1]);
  });

  test("of one key does not keep others waiting", async () => {
    const { world, runs } = await reconciling((run) => (run === 0 ? boom : undefined));
    await using _ = world;
    await world.client.create(Parent, { metadata: { name: "q" }, spec: { size: 1 } });
    await world.time.settle();
    expect(runs).toEqual([0, 0]);
  });
});

describe("a conflict", () => {
  const conflict = new ConflictError("Parent", { name: "p" }, "was changed");

  test("is tried again five times after 10 ms, then with back-off; only developers hear of it", async () => {
    const { world, runs, attempts } = await reconciling((run) => (run < 8 ? conflict : undefined));
    await using _ = world;
    await world.time.advance("1m");
    expect(runs).toEqual([0, 10, 20, 30, 40, 50, 150, 350, 750]);
    expect(attempts).toEqual([0, 0, 0, 0, 0, 0, 1, 2, 3]);
    expect(new Set(world.logs.map(({ level }) => level))).toEqual(new Set(["debug"]));
  });

  test("after a success has its quick retries again", async () => {
    const { world, runs } = await reconciling((run) =>
      run === 3 ? { requeueAfter: 100 } : run < 8 ? conflict : undefined,
    );
    await using _ = world;
    await world.time.advance("1m");
    expect(runs).toEqual([0, 10, 20, 30, 130, 140, 150, 160, 170]);
  });
});

test("a terminal error waits for a change", async () => {
  const { world, runs } = await reconciling((run) => [boom, new TerminalError("hopeless")][run]);
  await using _ = world;
  await world.time.advance("1h");
  expect(runs).toEqual([0, 100]);
  expect(world.logs.at(-1)).toMatchObject({ level: "error", message: "gave up until the object changes" });
  const parent = await world.client.get(Parent, "p");
  if (parent !== undefined) await world.client.update(parent, (draft) => void (draft.spec.size = 2));
  await world.time.settle();
  expect(runs).toEqual([0, 100, 3_600_000]);
  expect(parent && keyOf(parent)).toEqual({ namespace: "default", name: "p" });
});

describe("without a log", () => {
  /** What a manager without a log reports of one object, whose nth reconcile from 0 comes to `outcome(n)`. */
  async function reported(outcome: (run: number) => Error | undefined, changes = 0): Promise<unknown[]> {
    const heard: unknown[] = [];
    let runs = 0;
    const controller = defineController({
      for: Parent,
      backoff: { base: 100, jitter: 0 },
      reconcile() {
        const error = outcome(runs++);
        if (error !== undefined) throw error;
        return undefined;
      },
    });
    await using world = await runWorld([controller], { log: undefined });
    using _listening = world.time.runtime.signals.on("task:failed", ({ task, error }) => {
      heard.push([task, error]);
    });
    await world.client.create(Parent, { metadata: { name: "p" }, spec: { size: 1 } });
    await world.time.advance("10s");
    for (let change = 0; change < changes; change += 1) {
      world.manager.enqueue("parent", { name: "p" });
      await world.time.advance("10s");
    }
    expect(world.time.failures).toEqual([]); // it is dealt with, so it fails no harness
    return heard;
  }

  const told = ['controller "parent", default/p', boom];

  test("the first failure in a row of a key is reported", async () => {
    expect(await reported((run) => (run < 4 ? boom : undefined))).toEqual([told]);
  });

  test("so is the first after it has worked", async () => {
    expect(await reported((run) => (run < 2 || run === 3 ? boom : undefined), 1)).toEqual([told, told]);
  });

  test("so is one that gives up, once", async () => {
    const hopeless = new TerminalError("hopeless");
    expect(await reported(() => hopeless, 2)).toEqual([[told[0], hopeless]]);
  });

  test("a conflict is everyday, and is not", async () => {
    const conflict = new ConflictError("Parent", { name: "p" }, "was changed");
    expect(await reported((run) => (run < 3 ? conflict : undefined))).toEqual([]);
  });
});

test("with a log, nothing is reported", async () => {
  const { world } = await reconciling(() => boom);
  await using _ = world;
  const heard: unknown[] = [];
  using _listening = world.time.runtime.signals.on("task:failed", (failure) => heard.push(failure));
  await world.time.advance("10s");
  expect(world.logs.length).toBeGreaterThan(1);
  expect(heard).toEqual([]);
});
