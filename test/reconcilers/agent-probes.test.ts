import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Probe, inProcessRuntime, logsHandler } from "keelson/reconcilers";
import { nodeListener } from "keelson/http";
import { systemRuntime } from "keelson/core";
import { StoreUnavailableError, wrapStore } from "keelson/store";
import { deferred } from "../../src/core/deferred.js";
import { type FaultyStore, faultyStore } from "../resources/faulty-store.js";
import { outcome } from "../support/outcome.js";
import { type AgentWorld, createAgentWorld, untilAborted } from "./agent-world.js";

/** Functions that a probe asks for, and what they answer. */
interface Health {
  startup: number;
  liveness: number;
  readiness: number;
}

function probed(): { readonly health: Health; readonly world: AgentWorld } {
  const health: Health = { startup: 0, liveness: 0, readiness: 0 };
  const world = createAgentWorld({
    startup: () => health.startup,
    liveness: () => health.liveness,
    readiness: () => health.readiness,
  });
  return { health, world };
}

const probe = (name: keyof Health, times: Partial<Probe> = {}): Probe => ({
  exec: [name],
  periodSeconds: 10,
  ...times,
});

/** Starts of the instance itself; probes are functions, too. */
const starts = async (world: AgentWorld): Promise<number> => ((await world.instance()).status?.restarts ?? 0) + 1;

describe("R9.5 probes", () => {
  it("R9.5 readiness only flips the condition: after three failures, and one pass", async () => {
    const { health, world } = probed();
    await using _end = world;
    world.start();
    await world.create(["serve"], { readiness: probe("readiness") });
    await world.time.advance("1s");
    expect(await world.ready()).toMatchObject({ status: "True", reason: "ProbePassed" });
    health.readiness = 1;
    await world.time.advance("20s");
    expect(await world.ready(), "two failures").toMatchObject({ status: "True" });
    await world.time.advance("10s");
    expect(await world.ready()).toMatchObject({ status: "False", reason: "ProbeFailed" });
    health.readiness = 0;
    await world.time.advance("10s");
    expect(await world.ready()).toMatchObject({ status: "True" });
    expect(await starts(world)).toBe(1);
  });

  it("R9.5 a liveness failure starts the instance again, and says why", async () => {
    const { health, world } = probed();
    await using _end = world;
    world.start();
    await world.create(["serve"], { liveness: probe("liveness", { failureThreshold: 2 }) });
    await world.time.advance("5s");
    health.liveness = 1;
    await world.time.advance("20s");
    expect(await starts(world)).toBe(2);
    expect((await world.instance()).status?.lastExit).toMatchObject({ reason: "LivenessFailed" });
    health.liveness = 0;
    await world.time.advance("10m");
    expect(await starts(world), "what the old run failed is forgotten").toBe(2);
    expect(await world.ready()).toMatchObject({ status: "True" });
  });

  it("R9.5 startup holds the others back, and starts it again when it fails", async () => {
    const { health, world } = probed();
    await using _end = world;
    Object.assign(health, { startup: 1, liveness: 1 });
    world.start();
    await world.create(["serve"], {
      startup: probe("startup", { failureThreshold: 10 }),
      liveness: probe("liveness", { failureThreshold: 1 }),
      readiness: probe("readiness"),
    });
    await world.time.advance("80s");
    expect(await starts(world), "liveness would have failed long ago").toBe(1);
    expect(await world.ready()).toMatchObject({ status: "False", reason: "Starting" });
    await world.time.advance("20s");
    expect(await starts(world)).toBe(2);
    expect((await world.instance()).status?.lastExit).toMatchObject({ reason: "StartupFailed" });
    Object.assign(health, { startup: 0, liveness: 0 });
    await world.time.advance("30s");
    expect(await world.ready()).toMatchObject({ status: "True" });
  });

  it("R9.5 begins after initialDelaySeconds, takes successThreshold passes, and counts what is late as failed", async () => {
    let answers = true;
    await using world = createAgentWorld({ slow: ({ signal }) => (answers ? 0 : untilAborted(signal)) });
    world.start();
    const readiness = { exec: ["slow"], initialDelaySeconds: 30, successThreshold: 2, failureThreshold: 1 };
    await world.create(["serve"], { readiness });
    await world.time.advance("39s");
    expect(await world.ready()).toMatchObject({ status: "False" });
    await world.time.advance("2s");
    expect(await world.ready()).toMatchObject({ status: "True" });
    answers = false;
    await world.time.advance("12s");
    expect(await world.ready()).toMatchObject({ status: "False", message: "slow took longer than 1000 ms" });
  });

  it("R9.5 asks over HTTP and by connecting, too", async () => {
    let status = 200;
    const connections = new Set<string | undefined>();
    const server = createServer((request, response) => {
      connections.add(request.headers.connection);
      response.writeHead(status).end();
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const { port } = server.address() as AddressInfo;
    try {
      await using world = createAgentWorld();
      world.start();
      const once = { failureThreshold: 1, port };
      await world.create(["serve"], { readiness: { path: "/ready", ...once } }, "http");
      await world.create(["serve"], { readiness: { tcp: true, ...once } }, "tcp");
      await world.create(["serve"], { readiness: { path: "/ready" } }, "portless");
      await world.time.advance("1s");
      expect(await world.ready("http")).toMatchObject({ status: "True" });
      expect(await world.ready("tcp")).toMatchObject({ status: "True" });
      status = 503;
      await world.time.advance("30s");
      expect(await world.ready("http")).toMatchObject({
        message: `GET http://127.0.0.1:${String(port)}/ready answered 503`,
      });
      expect(await world.ready("tcp")).toMatchObject({ status: "True" });
      expect((await world.ready("portless")).message).toContain("has no port to ask");
      expect(connections, "a kept one may be closed just as it is asked again").toEqual(new Set(["close"]));
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      await world.time.advance("30s");
      expect(await world.ready("tcp")).toMatchObject({ status: "False", reason: "ProbeFailed" });
    } finally {
      server.close();
    }
  });
});

describe("R9.7 a lost lease", () => {
  async function cutOff(
    onLeaseLost: "keep" | "fence",
  ): Promise<{ world: AgentWorld; faults: FaultyStore; cut: { off: boolean } }> {
    let faults: FaultyStore | undefined;
    const cut = { off: false };
    const world = createAgentWorld({}, (store) => {
      faults = faultyStore(store);
      const { store: theirs } = faults;
      return new Proxy(theirs, {
        get(target, name, receiver) {
          const member: unknown = Reflect.get(target, name, receiver);
          if ((name !== "txn" && name !== "get" && name !== "range") || typeof member !== "function") return member;
          return (...args: unknown[]): unknown =>
            cut.off ? Promise.reject(new StoreUnavailableError("cut off")) : Reflect.apply(member, target, args);
        },
      });
    });
    world.start({ onLeaseLost });
    await world.create(["serve"]);
    await world.time.advance("5s");
    if (faults === undefined) throw new Error("no store");
    return { world, faults, cut };
  }

  it("R9.7 keeps the instances running unless told otherwise", async () => {
    const { world, cut } = await cutOff("keep");
    await using _end = world;
    cut.off = true;
    await world.time.advance("10m");
    expect(world.running()).toBe(1);
    cut.off = false;
    await world.time.advance("1m");
    expect(world.starts).toHaveLength(1);
  });

  it("R9.7 fences where asked: 40 s after the last renewal nothing runs, until it is held again", async () => {
    const { world, cut } = await cutOff("fence");
    await using _end = world;
    cut.off = true;
    await world.time.advance("34s");
    expect(world.running()).toBe(1);
    await world.time.advance("7s");
    expect(world.running()).toBe(0);
    await world.time.advance("10m");
    expect(world.starts).toHaveLength(1);
    cut.off = false;
    await world.time.advance("1m");
    expect(world.running()).toBe(1);
    expect((await world.instance()).status).toMatchObject({ phase: "Running", restarts: 1 });
  });

  it("R9.7 starts nothing either that it was about to start when the lease was lost", async () => {
    const slow = deferred<undefined>();
    const store = { isSlow: false };
    await using world = createAgentWorld({}, (theirs) =>
      wrapStore(theirs, {
        async txn(txn, options) {
          if (store.isSlow) await slow.promise;
          return await theirs.txn(txn, options);
        },
      }),
    );
    world.start({ onLeaseLost: "fence" });
    await world.time.advance("5s");
    store.isSlow = true;
    await world.create(["serve"]);
    await world.time.advance("41s");
    store.isSlow = false;
    slow.resolve(undefined);
    await world.time.advance(1);
    expect(world.running(), "the lease has not been renewed").toBe(0);
    await world.time.advance("1m");
    expect(world.running()).toBe(1);
  });
});

describe("agent.logs", () => {
  it("reads an instance's output: all of it, the last lines, an earlier start, and what comes", async () => {
    const stateDir = await mkdtemp(join(tmpdir(), "keelson-logs-"));
    const runtime = systemRuntime();
    const gate = { open: false };
    const workloads = inProcessRuntime({
      stateDir,
      runtime,
      logs: { maxBytes: 40 },
      functions: {
        count: async ({ args, log }) => {
          for (let line = 0; line < Number(args[0]); line += 1) log(`line ${String(line)}`);
          while (!gate.open) await runtime.sleep(5);
          log("the end");
        },
      },
    });
    await using world = createAgentWorld();
    const agent = world.start({ workloads, runtime });
    const read = async (options: object): Promise<string[]> => {
      const lines: string[] = [];
      for await (const line of agent.logs("u1", options)) lines.push(line);
      return lines;
    };
    const ended = async (restart: number): Promise<void> => {
      while ((await workloads.status({ uid: "u1", restart })).state !== "exited") await runtime.sleep(5);
    };
    try {
      await workloads.start({ uid: "u1", restart: 0, command: ["count", "3"], env: {}, cwd: "." });
      gate.open = true;
      await ended(0);
      gate.open = false;
      expect(await read({})).toEqual(["line 0", "line 1", "line 2", "the end"]);
      expect(await read({ tail: 2 })).toEqual(["line 2", "the end"]);
      expect(await read({ tail: 0 })).toEqual([]);
      await workloads.start({ uid: "u1", restart: 1, command: ["count", "1"], env: {}, cwd: "." });
      const following = read({ follow: true });
      await runtime.sleep(20);
      gate.open = true;
      expect(await following).toEqual(["line 0", "the end"]);
      expect(await read({ restart: 0, tail: 1 })).toEqual(["the end"]);
      expect(await outcome(read({ restart: 7 }))).toMatchObject({ code: "LOGS_NOT_FOUND" });
      expect(await outcome(read({ stream: "stdin" }))).toMatchObject({ name: "TypeError" });
      const elsewhere = agent.logs("../u1")[Symbol.asyncIterator]();
      expect(await outcome(elsewhere.next())).toMatchObject({ code: "LOGS_NOT_FOUND" });
    } finally {
      await rm(stateDir, { recursive: true, force: true });
    }
  });

  it("serves them to who has the token", async () => {
    async function* logs(uid: string): AsyncGenerator<string> {
      await Promise.resolve();
      if (uid !== "u1") throw Object.assign(new TypeError("no such"), {});
      yield* ["one", "two"];
    }
    const server = createServer(nodeListener(logsHandler({ logs }, { token: "secret" })));
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    const ask = async (path: string, token = "secret", method = "GET"): Promise<[number, string]> => {
      const response = await fetch(url + path, { method, headers: { authorization: `Bearer ${token}` } });
      return [response.status, await response.text()];
    };
    try {
      expect(await ask("/logs/u1?tail=2")).toEqual([200, "one\ntwo\n"]);
      expect(await ask("/logs/u1", "guess")).toEqual([401, "Unauthorized\n"]);
      expect((await ask("/logs/u2"))[0]).toBe(400);
      for (const path of ["/elsewhere", "/logs/%E0%A4%A", "/logs/..%2Fu1"]) expect((await ask(path))[0]).toBe(404);
      expect((await ask("/logs/u1", "secret", "POST"))[0]).toBe(405);
      expect(() => logsHandler({ logs }, { token: "" })).toThrow("Expected `token`");
    } finally {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    }
  });
});
