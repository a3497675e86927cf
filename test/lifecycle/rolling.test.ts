import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { request as httpRequest, Agent, type IncomingMessage } from "node:http";
import process from "node:process";
import { createInterface } from "node:readline";
import autocannon from "autocannon";
import { afterEach, describe, expect, test } from "vitest";
import { deferred } from "../../src/core/deferred.js";
import { runs } from "../support/deep.js";
import { bundled } from "./bundle.js";
import { RoundRobin } from "./round-robin.js";

const web = bundled("web");
const children = new Set<ChildProcessWithoutNullStreams>();
afterEach(() => {
  for (const child of children) child.kill("SIGKILL");
  children.clear();
});

/** A process of the service; `line` waits for what it says. */
class Service {
  readonly child: ChildProcessWithoutNullStreams;
  readonly lines: string[] = [];
  readonly ended: Promise<number | null>;
  readonly #reader;

  constructor(readinessDelay = 0) {
    this.child = spawn(process.execPath, [web, String(readinessDelay)]);
    children.add(this.child);
    this.child.stderr.pipe(process.stderr);
    this.child.stdin.on("error", () => undefined); // it may end before it is told
    this.#reader = createInterface(this.child.stdout);
    this.#reader.on("line", (line) => this.lines.push(line));
    this.ended = once(this.child, "close").then(([code]) => {
      children.delete(this.child);
      return code as number | null;
    });
  }

  async line(start: string): Promise<string> {
    for (;;) {
      const found = this.lines.find((line) => line.startsWith(start));
      if (found !== undefined) return found.slice(start.length).trim();
      const over = await Promise.race([once(this.#reader, "line"), this.ended]);
      if (typeof over === "number" && !this.lines.some((line) => line.startsWith(start)))
        throw new Error(`it ended before it said "${start}"`);
    }
  }

  tell(line: "retired" | "release"): void {
    this.child.stdin.write(`${line}\n`);
  }

  async port(): Promise<number> {
    return Number(await this.line("port"));
  }
}

function get(port: number, path: string, agent?: Agent): Promise<IncomingMessage & { text: string }> {
  return new Promise((resolve, reject) => {
    const call = httpRequest({ host: "127.0.0.1", port, path, agent });
    call.on("error", reject);
    call.on("response", (answer: IncomingMessage) => {
      let text = "";
      answer.on("data", (chunk: Buffer) => (text += chunk.toString()));
      answer.on("end", () => {
        resolve(Object.assign(answer, { text }));
      });
    });
    call.end();
  });
}

describe("one process that gets SIGTERM", () => {
  test("is not ready while it still listens, answers what is in flight on a kept connection, and is gone at once", async () => {
    const service = new Service();
    const port = await service.port();
    const agent = new Agent({ keepAlive: true });
    expect((await get(port, "/readyz", agent)).statusCode).toBe(200);
    const slow = get(port, "/slow", agent);
    await service.line("slow");
    service.child.kill("SIGTERM");
    await service.line("not ready");
    // The listener is open: new connections are answered, that it is not ready and what else they ask.
    const [probe, other] = [await get(port, "/readyz"), await get(port, "/")];
    expect([probe.statusCode, other.text, other.headers.connection]).toEqual([500, "ok", "close"]);
    expect(service.lines).not.toContain("closed");
    service.tell("retired");
    const listener = (): Promise<string> =>
      get(port, "/").then(
        () => "open",
        () => "shut",
      );
    await expect.poll(listener).toBe("shut");
    service.tell("release");
    expect((await slow).text).toBe("slow but whole");
    expect(await service.ended).toBe(0);
    expect(Number(await service.line("ended"))).toBeLessThanOrEqual(500);
    agent.destroy();
  });
});

describe("a service of two processes under load", { timeout: 900_000 }, () => {
  // Not a tenth: on a loaded machine a process takes a second to start.
  const restarts = runs(100) === 100 ? 100 : 3;

  test(`${String(restarts)} restarts lose no request`, async () => {
    const balancer = new RoundRobin(40);
    const url = await balancer.listen();
    const start = async (): Promise<Service> => {
      const service = new Service(100);
      await balancer.add(await service.port(), () => {
        service.tell("retired"); // a real one has its delay and hopes; this machine may stand still for longer
      });
      return service;
    };
    const fleet = [await start(), await start()];
    const load = underLoad(url);
    for (let restart = 0; restart < restarts; restart += 1) {
      const fresh = await start();
      const old = fleet.shift();
      old?.child.kill("SIGTERM");
      expect(await old?.ended).toBe(0);
      fleet.push(fresh);
    }
    const result = await load.stop();
    balancer.close();
    expect(balancer.lost).toEqual([]);
    expect([result.errors, result.timeouts, result.non2xx]).toEqual([0, 0, 0]);
    expect(result["2xx"]).toBeGreaterThan(restarts * 10);
  });
});

/** Twenty connections that ask again as soon as they have their answer, until told to stop. */
function underLoad(url: string): { readonly stop: () => Promise<autocannon.Result> } {
  const options = { url, connections: 20, duration: 3_600, timeout: 20 };
  const ended = deferred<autocannon.Result>();
  const load = autocannon(options, (error: unknown, result) => {
    if (error instanceof Error) ended.reject(error);
    else ended.resolve(result);
  });
  return {
    stop: () => {
      load.stop();
      return ended.promise;
    },
  };
}
