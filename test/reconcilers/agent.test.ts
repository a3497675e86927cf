import { describe, expect, it } from "vitest";
import { systemRuntime } from "keelson/core";
import {
  Instance,
  Node,
  NodeLease,
  type WorkloadFunction,
  type WorkloadRuntime,
  agentFinalizer,
  inProcessRuntime,
} from "keelson/reconcilers";
import { findCondition } from "keelson/resources";
import { createAgentWorld, deaf, untilAborted } from "./agent-world.js";

describe("an agent", () => {
  it("runs what is bound to its node, and only that", async () => {
    await using world = createAgentWorld();
    world.start();
    await world.create(["serve"]);
    await world.create(["serve"], { nodeName: "b" }, "elsewhere");
    await world.client.create(Instance, { metadata: { name: "unbound" }, spec: { command: ["serve"] } });
    await world.time.advance("1s");
    expect(world.starts).toEqual(["web-0"]);
    expect((await world.instance()).status).toMatchObject({ phase: "Running", restarts: 0 });
    expect(await world.ready()).toMatchObject({ status: "True", reason: "Running" });
    expect((await world.instance()).metadata.finalizers).toEqual([agentFinalizer]);
  });

  it("R9.2 starts each restart of an instance once, however often the agent looks", async () => {
    await using world = createAgentWorld();
    world.start();
    await world.create(["serve"]);
    await world.time.advance("1s");
    for (let change = 0; change < 20; change += 1) {
      await world.client.update(await world.instance(), ({ metadata }) => {
        metadata.labels["change"] = String(change);
      });
      await world.time.advance("61s");
    }
    expect(world.starts).toEqual(["web-0"]);
  });

  it("R9.2 takes over what still runs after its restart, and ends what nobody asks for", async () => {
    await using world = createAgentWorld();
    const workloads = inProcessRuntime({
      functions: {
        serve: async ({ signal, env }) => {
          world.starts.push(env["KEELSON_INSTANCE"] ?? "stray");
          await untilAborted(signal);
        },
      },
    });
    world.start({ workloads, onStop: "leave" });
    const { metadata } = await world.create(["serve"]);
    await world.time.advance("1s");
    const before = await world.instance();
    await world.stop();
    await workloads.start({ uid: "nobody", restart: 0, command: ["serve"], env: {}, cwd: "." });
    const slow: WorkloadRuntime = {
      ...workloads,
      async start(spec) {
        await systemRuntime().yieldNow(); // as where processes are found again by their files
        return await workloads.start(spec);
      },
    };
    world.start({ workloads: slow });
    await world.time.advance("1m");
    expect(world.starts).toEqual(["web-0", "stray"]);
    expect(await workloads.list()).toEqual([{ uid: metadata.uid, restart: 0 }]);
    // Not a word was written: nobody took it for not ready meanwhile.
    expect(await world.instance()).toEqual(before);
  });

  it("R9.2 starts again, as AgentLost, what ended with the agent before", async () => {
    await using world = createAgentWorld();
    world.start({ onStop: "leave" });
    await world.create(["serve"]);
    await world.time.advance("1s");
    await world.stop();
    world.start();
    await world.time.advance("1s");
    expect(world.starts).toEqual(["web-0", "web-0"]);
    expect((await world.instance()).status).toMatchObject({
      phase: "Running",
      restarts: 1,
      lastExit: { reason: "AgentLost" },
    });
  });

  it("R9.3 asks an instance to end, waits its grace, and says that it leaks if it does not", async () => {
    await using world = createAgentWorld({ deaf });
    world.start();
    const polite = await world.create(["serve"], {}, "polite");
    const stubborn = await world.create(["deaf"], { terminationGracePeriodSeconds: 30 }, "deaf");
    await world.time.advance("1s");
    await world.client.delete(polite);
    await world.client.delete(stubborn);
    await world.time.advance("29s");
    expect(await world.client.get(Instance, "polite")).toBeUndefined();
    expect(await world.ready("deaf")).toMatchObject({ status: "False", reason: "Stopping" });
    await world.time.advance("1s");
    await world.time.settle();
    expect(await world.client.get(Instance, "deaf")).toBeUndefined();
    expect(world.time.failures).toMatchObject([{ error: { message: "a function does not end: deaf" } }]);
  });

  it("R9.3 a deletion that is asked for again with less grace gets less", async () => {
    await using world = createAgentWorld({ deaf });
    world.start();
    const stubborn = await world.create(["deaf"], { terminationGracePeriodSeconds: 600 });
    await world.time.advance("1s");
    await world.client.delete(stubborn);
    await world.time.advance("1m");
    await world.client.delete(stubborn, { gracePeriodSeconds: 5 });
    await world.time.advance("6s");
    expect(await world.client.get(Instance, "web-0")).toBeUndefined();
  });

  it.each([
    ["Always", ["ok"], "Running", 1],
    ["Always", ["fail"], "Running", 1],
    ["OnFailure", ["ok"], "Succeeded", 0],
    ["OnFailure", ["fail"], "Running", 1],
    ["Never", ["ok"], "Succeeded", 0],
    ["Never", ["fail"], "Failed", 0],
  ] as const)("R9.4 restartPolicy %s after %s: %s", async (restartPolicy, command, phase, restarts) => {
    let calls = 0;
    const first =
      (code: number): WorkloadFunction =>
      async ({ signal }): Promise<number | undefined> => {
        calls += 1;
        if (calls > 1) await untilAborted(signal);
        return code;
      };
    await using world = createAgentWorld({ ok: first(0), fail: first(7) });
    world.start();
    await world.create(command, { restartPolicy });
    await world.time.advance("1s");
    const { status } = await world.instance();
    expect(status).toMatchObject({ phase, restarts });
    expect(status?.lastExit).toMatchObject(
      command[0] === "ok" ? { code: 0, reason: "Completed" } : { code: 7, reason: "Error" },
    );
  });

  it("R9.4 says what a function threw, and never restarts one that is being deleted", async () => {
    await using world = createAgentWorld({
      throws: async ({ signal }) => {
        await untilAborted(signal);
        throw new Error("out of paper");
      },
    });
    world.start();
    const instance = await world.create(["throws"]);
    await world.time.advance("1s");
    await world.client.update(instance, ({ metadata }) => void metadata.finalizers.push("x.dev/hold"));
    await world.client.delete(instance);
    await world.time.advance("10m");
    expect(world.starts).toEqual(["web-0"]);
    expect((await world.instance()).status?.lastExit).toMatchObject({ code: 1, message: "out of paper" });
  });

  it("waits 0, 10, 20 … 300 s between crashes, and forgets them after ten minutes of health", async () => {
    const times: number[] = [];
    let lastsMs = 0;
    await using world = createAgentWorld({
      crash: async ({ signal }) => {
        times.push(world.time.runtime.now());
        await world.time.runtime.sleep(lastsMs, { signal });
        return 1;
      },
    });
    world.start();
    await world.create(["crash"]);
    await world.time.advance("30m");
    const gaps = times.slice(1).map((time, index) => Math.round((time - (times[index] ?? 0)) / 1_000));
    expect(gaps.slice(0, 8)).toEqual([0, 10, 20, 40, 80, 160, 300, 300]);
    expect(await world.ready()).toMatchObject({
      status: "False",
      reason: "CrashLoop",
      message: "started again in 300 s",
    });
    lastsMs = 600_000;
    await world.time.advance("5m");
    const before = times.length;
    await world.time.advance("10m");
    expect(times.length).toBe(before + 1);
    expect((await world.ready()).reason, "the one after a healthy run is immediate").toBe("Running");
  });

  it("tries again what cannot be started, first after 10 s, and says why", async () => {
    await using world = createAgentWorld();
    world.start();
    await world.create(["nothing"]);
    await world.time.advance("1s");
    const { status } = await world.instance();
    expect(status).toMatchObject({ phase: "Pending", message: 'spec.command[0]: no such function: "nothing"' });
    expect(await world.ready()).toMatchObject({ status: "False", reason: "CommandNotFound" });
  });

  it("R9.6 writes nothing over an instance that has taken the name of its own", async () => {
    await using world = createAgentWorld();
    world.start();
    const first = await world.create(["serve"]);
    await world.time.advance("1s");
    // Taken away by force, and made anew elsewhere, while the old function still runs.
    await world.takeAway(first);
    const second = await world.create(["serve"], { nodeName: "b" });
    await world.time.advance("2m");
    expect(world.running()).toBe(0);
    const now = await world.instance();
    expect(now.metadata.uid).toBe(second.metadata.uid);
    expect(now.status).toBeUndefined();
  });

  it("R0.6 R9.6 ends what runs for the old uid, and starts the new one from 0", async () => {
    await using world = createAgentWorld();
    world.start();
    const first = await world.create(["serve"]);
    await world.time.advance("1s");
    await world.takeAway(first);
    const second = await world.create(["serve"]);
    await world.time.advance("1s");
    expect(world.running()).toBe(1);
    const now = await world.instance();
    expect(now.metadata.uid).toBe(second.metadata.uid);
    expect(now.status).toMatchObject({ phase: "Running", restarts: 0 });
  });

  it("R9.6 writes the final status before it lets an instance go", async () => {
    await using world = createAgentWorld({
      work: async ({ signal }) => {
        await untilAborted(signal);
        return 42;
      },
    });
    world.start();
    const instance = await world.create(["work"]);
    await world.time.advance("1s");
    const last: (number | undefined)[] = [];
    const stop = new AbortController();
    const watching = (async () => {
      for await (const event of world.client.watch(Instance, { signal: stop.signal })) {
        if (event.type === "deleted") last.push(event.resource.status?.lastExit?.code);
      }
    })().catch(() => undefined);
    await world.time.settle();
    await world.client.delete(instance);
    await world.time.advance("1s");
    stop.abort();
    await watching;
    expect(last).toEqual([42]);
  });

  it("reports its node, renews its lease every ten seconds, and its status every five minutes", async () => {
    await using world = createAgentWorld();
    world.start({ labels: { zone: "x" }, addresses: [{ type: "Logs", address: "http://a:1" }] });
    await world.time.advance("1s");
    const node = await world.client.get(Node, "a");
    expect(node?.metadata.labels).toEqual({ zone: "x" });
    expect(node?.status).toMatchObject({ capacity: { cpu: 1_000 }, addresses: [{ address: "http://a:1" }] });
    const renewals = new Set<string | undefined>();
    const beats = new Set<string | undefined>();
    for (let second = 0; second < 600; second += 5) {
      await world.time.advance("5s");
      renewals.add((await world.client.get(NodeLease, "a"))?.spec.renewedAt);
      beats.add((await world.client.get(Node, "a"))?.status?.heartbeatTime);
    }
    expect(renewals.size).toBeGreaterThanOrEqual(60);
    expect(renewals.size).toBeLessThanOrEqual(61);
    expect(beats.size).toBe(3);
    expect((await world.client.get(NodeLease, "a"))?.metadata.ownerReferences).toMatchObject([{ kind: "Node" }]);
    await world.stop();
    const left = await world.client.get(Node, "a");
    expect(findCondition(left?.status?.conditions, "Ready")).toMatchObject({ status: "False", reason: "AgentStopped" });
  });

  it("writes Ready again when somebody has declared the node unknown", async () => {
    await using world = createAgentWorld();
    world.start();
    await world.time.advance("1s");
    const node = await world.client.get(Node, "a");
    if (node === undefined) throw new Error("no node");
    const unknown = {
      type: "Ready",
      status: "Unknown",
      reason: "NodeStatusUnknown",
      message: "",
      lastTransitionTime: "",
    } as const;
    await world.client.patchStatus(node, { conditions: [unknown] });
    await world.time.advance("11s");
    const { status } = (await world.client.get(Node, "a")) ?? {};
    expect(findCondition(status?.conditions, "Ready")?.status).toBe("True");
  });
});
