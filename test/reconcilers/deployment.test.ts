import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { type Controller, ObjectEvent } from "keelson/controllers";
import { currentRuntime } from "keelson/core";
import {
  Deployment,
  Instance,
  Workload,
  deploymentController,
  revisionAnnotation,
  rolloutBounds,
  scaleProportionally,
  workloadController,
} from "keelson/reconcilers";
import { findCondition } from "keelson/resources";
import { type Harness, createHarness } from "keelson/testing";
import { runs } from "../support/deep.js";
import { type StandInOptions, change, deploy, isActive, isReady, standInAgent, template } from "./stand-in.js";

const controllers =
  (agent: StandInOptions = {}) =>
  (): readonly Controller[] => [deploymentController(), workloadController(), standInAgent({ bindsTo: "a", ...agent })];

async function deployment({ client }: Harness): Promise<Deployment> {
  const found = await client.get(Deployment, "web");
  if (found === undefined) throw new Error("there is no Deployment");
  return found;
}

async function versions({ client }: Harness): Promise<[revision: number, replicas: number][]> {
  const { items } = await client.list(Workload);
  const all = items.map(({ metadata, spec }): [number, number] => [
    Number(metadata.annotations[revisionAnnotation]),
    spec.replicas,
  ]);
  return all.sort(([a], [b]) => a - b);
}

async function running({ client }: Harness): Promise<(string | undefined)[]> {
  return (await client.list(Instance)).items.filter(isActive).map(({ spec }) => spec.env?.["VERSION"]);
}

async function progressing(t: Harness): Promise<string | undefined> {
  return findCondition((await deployment(t)).status?.conditions, "Progressing")?.reason;
}

async function rollOut(t: Harness, version: string): Promise<void> {
  await change(t.client, (spec) => void (spec.template = template(version)));
  await t.advance("30s");
}

describe("deploymentController", () => {
  it("R2.5 gives a hash that is taken by another a new one, and counts that", async () => {
    await using t = await createHarness({ controllers: controllers() });
    await deploy(t.client, { replicas: 1 });
    await t.advance("5s");
    const [first] = (await t.client.list(Workload)).items;
    if (first === undefined) throw new Error("no version");
    // Another's Workload has the name that this Deployment's next version would get.
    await t.client.delete(await deployment(t));
    await t.advance("5s");
    const { labels } = first.metadata;
    const spec = {
      replicas: 0,
      selector: { app: "other" },
      template: { labels: { app: "other" }, spec: { command: ["x"] } },
    };
    await t.client.create(Workload, { metadata: { name: first.metadata.name, labels }, spec });
    await deploy(t.client, { replicas: 1 });
    await t.advance("10s");
    expect((await deployment(t)).status).toMatchObject({ collisionCount: 1, availableReplicas: 1 });
    expect((await t.client.list(Workload)).items).toHaveLength(2);
  });

  it("R2.6 goes back to a revision, which gets the highest number; the request goes with it", async () => {
    await using t = await createHarness({ controllers: controllers() });
    await deploy(t.client, { replicas: 2 });
    await t.advance("10s");
    for (const version of ["2", "3"]) await rollOut(t, version);
    await change(t.client, (spec) => void (spec.rollbackTo = { revision: 1 }));
    await t.advance("30s");
    expect(await running(t)).toEqual(["1", "1"]);
    expect(await versions(t)).toEqual([
      [2, 0],
      [3, 0],
      [4, 2],
    ]);
    expect((await deployment(t)).spec.rollbackTo).toBeUndefined();
    await change(t.client, (spec) => void (spec.rollbackTo = { revision: 0 }));
    await t.advance("30s");
    expect(await running(t), "0 is the one before").toEqual(["3", "3"]);
  });

  it("R2.6 R0.8 tells of a revision that is not kept, and changes nothing for it or for the present one", async () => {
    await using t = await createHarness({ controllers: controllers() });
    await deploy(t.client, { replicas: 2 });
    await t.advance("10s");
    for (const revision of [7, 1]) {
      await change(t.client, (spec) => void (spec.rollbackTo = { revision }));
      await t.advance("10s");
      expect((await deployment(t)).spec).toMatchObject({ template: template("1") });
      expect((await deployment(t)).spec.rollbackTo).toBeUndefined();
      expect(await versions(t)).toEqual([[1, 2]]);
    }
    const told = (await t.client.list(ObjectEvent)).items.map(({ spec }) => [spec.type, spec.reason, spec.message]);
    expect(told).toEqual([["Warning", "RollbackRevisionNotFound", "revision 7 is not kept"]]);
  });

  it("R2.8 shares out a change of the number in the middle of a roll-out", async () => {
    await using t = await createHarness({
      controllers: controllers({ ready: ({ spec }) => spec.env?.["VERSION"] === "1" }),
    });
    await deploy(t.client, { replicas: 10, strategy: { type: "RollingUpdate", maxSurge: 3, maxUnavailable: 2 } });
    await t.advance("10s");
    await rollOut(t, "2");
    expect(await versions(t)).toEqual([
      [1, 8],
      [2, 5],
    ]);
    await change(t.client, (spec) => void (spec.replicas = 30));
    await t.advance("30s");
    const [old = 0, next = 0] = (await versions(t)).map(([, count]) => count);
    expect(old + next, "as many as are allowed").toBe(33);
    expect([old, next]).toEqual([20, 13]);
  });

  it("R2.8 R2.7 follows the number while paused, by its only version", async () => {
    await using t = await createHarness({ controllers: controllers() });
    await deploy(t.client, { replicas: 2, paused: true });
    await t.advance("10s");
    expect(await running(t)).toEqual([]);
    await change(t.client, (spec) => void (spec.paused = false));
    await t.advance("10s");
    await change(t.client, (spec) => Object.assign(spec, { paused: true, replicas: 5, template: template("2") }));
    await t.advance("10s");
    expect(await running(t)).toEqual(["1", "1", "1", "1", "1"]);
  });

  it("R2.11 says how far a roll-out is: created, found, updated, available; late, exactly at its deadline", async () => {
    const isReady = { now: false };
    await using t = await createHarness({ controllers: controllers({ ready: () => isReady.now }) });
    const seen: (string | undefined)[] = [];
    t.observe(Deployment, ([web]) => {
      const reason = findCondition(web?.status?.conditions, "Progressing")?.reason;
      if (reason !== undefined && reason !== seen.at(-1)) seen.push(reason);
    });
    await deploy(t.client, { replicas: 1, progressDeadlineSeconds: 60 });
    await t.advance("1s");
    const { progressedAt = "" } = (await deployment(t)).status ?? {};
    await t.advance(Date.parse(progressedAt) + 60_000 - 1 - currentRuntime().wallNow());
    expect(seen).toEqual(["NewReplicaSetCreated", "ReplicaSetUpdated"]);
    await t.advance(1);
    expect(seen).toEqual(["NewReplicaSetCreated", "ReplicaSetUpdated", "ProgressDeadlineExceeded"]);
    expect(await running(t), "the deadline changes nothing else").toEqual(["1"]);
    isReady.now = true;
    for (const instance of (await t.client.list(Instance)).items) {
      await t.client.update(instance, ({ metadata }) => void (metadata.annotations["look"] = "again"));
    }
    await t.advance("5s");
    expect(await progressing(t)).toBe("NewReplicaSetAvailable");
    await rollOut(t, "2");
    const before = seen.length;
    await rollOut(t, "1");
    expect(seen.slice(before)).toContain("FoundNewReplicaSet");
    expect(seen.at(-1)).toBe("NewReplicaSetAvailable");
  });
});

describe("R2.2 R2.9 at every instant of a roll-out, whatever crashes", () => {
  const scenario = fc.record({
    replicas: fc.integer({ min: 1, max: 5 }),
    maxSurge: fc.integer({ min: 0, max: 3 }),
    maxUnavailable: fc.integer({ min: 0, max: 3 }),
    gaps: fc.array(fc.integer({ min: 0, max: 4_000 }), { minLength: 1, maxLength: 2 }),
    crash: fc.constantFrom("deployment", "workload", "stand-in"),
    afterWrites: fc.integer({ min: 1, max: 12 }),
    seed: fc.nat(),
  });

  test.prop([scenario], { numRuns: runs(500, 1 / 20) })(
    "R2.2 there are at most replicas + surge, and at least replicas − unavailable are available",
    async ({ replicas, maxSurge, maxUnavailable, gaps, crash, afterWrites, seed }) => {
      const strategy = { type: "RollingUpdate", maxSurge, maxUnavailable } as const;
      const { surge, unavailable } = rolloutBounds(strategy, replicas);
      await using t = await createHarness({ controllers: controllers(), seed });
      await deploy(t.client, { replicas, strategy });
      await t.advance("10s");
      const broken: string[] = [];
      t.observe(Instance, (all) => {
        const [total, available] = [all.filter(isActive).length, all.filter(isReady).length];
        if (total > replicas + surge) broken.push(`${String(total)} there are`);
        if (available < replicas - unavailable) broken.push(`${String(available)} are available`);
      });
      await t.settle();
      t.faults.crashAfterWrite(crash, afterWrites, { every: true });
      for (const [index, gap] of gaps.entries()) {
        await change(t.client, (spec) => void (spec.template = template(String(index + 2))));
        await t.advance(gap);
      }
      await t.advance("20s");
      t.faults.clear();
      await t.advance("2m");
      expect(broken).toEqual([]);
      expect(await running(t)).toEqual(new Array(replicas).fill(String(gaps.length + 1)));
    },
    60_000 + 3_000 * runs(500),
  );
});

describe("scaleProportionally", () => {
  const sizes = fc.array(fc.nat(40), { minLength: 1, maxLength: 5 });

  test.prop([sizes, fc.nat(200)], { numRuns: runs(2_000) })(
    "R2.8 shares out all there is, in the order and direction of the versions",
    (replicas, allowed) => {
      const total = replicas.reduce((sum, each) => sum + each, 0);
      const scaled = scaleProportionally(
        replicas.map((each) => ({ replicas: each, ofAll: total })),
        allowed,
      );
      expect(scaled.reduce((sum, each) => sum + each, 0)).toBe(allowed);
      for (const [index, size] of scaled.entries()) {
        const before = replicas[index] ?? 0;
        expect(allowed >= total ? size >= before : size <= before).toBe(true);
        if (total > 0) expect(Math.abs(size - (before * allowed) / total)).toBeLessThanOrEqual(replicas.length);
      }
    },
  );

  it("R2.8 leaves what rounding leaves over to the largest, and of equals to the newest or oldest", () => {
    const equal = [
      { replicas: 5, ofAll: 10 },
      { replicas: 5, ofAll: 10 },
    ];
    expect(scaleProportionally(equal, 11)).toEqual([5, 6]);
    expect(scaleProportionally(equal, 9)).toEqual([4, 5]);
  });
});
