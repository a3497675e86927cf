import { once } from "node:events";
import { type IncomingMessage, type Server, createServer, get } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { createHealth } from "keelson/health";
import { nodeListener } from "keelson/http";

const ok = "[+]database ok\nreadyz check passed\n";

function oneCheck() {
  const health = createHealth();
  const counted = { health, runs: 0 };
  const run = (): void => {
    counted.runs += 1;
  };
  health.check("database", run, { ttl: "1h" }); // longer than a loaded machine takes to send a thousand probes
  return counted;
}

async function portOf(server: Server): Promise<number> {
  if (!server.listening) await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

async function bodiesOf(port: number, prefix = ""): Promise<readonly string[]> {
  const ask = async (path: string): Promise<string> => (await fetch(`http://127.0.0.1:${String(port)}${path}`)).text();
  return [await ask(`${prefix}/readyz?verbose`), await ask("/orders")];
}

describe("probes and the service's own paths side by side in", () => {
  test("node:http", async () => {
    const probes = nodeListener(oneCheck().health.handler({ basePath: "/ops" }));
    const server = createServer((request, response) => {
      if (request.url?.startsWith("/ops/") === true) probes(request, response);
      else response.end("orders");
    }).listen(0, "127.0.0.1");
    expect(await bodiesOf(await portOf(server), "/ops")).toEqual([ok, "orders"]);
    server.close();
  });

  test("Hono", async () => {
    const handler = oneCheck().health.handler({ basePath: "/ops" });
    const app = new Hono();
    app.get("/orders", (c) => c.text("orders"));
    app.all("/ops/*", (c) => handler(c.req.raw));
    const server = createServer(nodeListener((request) => app.fetch(request))).listen(0, "127.0.0.1");
    expect(await bodiesOf(await portOf(server), "/ops")).toEqual([ok, "orders"]);
    server.close();
  });

  test("Fastify", async () => {
    const probes = nodeListener(oneCheck().health.handler({ basePath: "/ops" }));
    const app = fastify();
    app.get("/orders", () => "orders");
    app.get("/ops/*", (request, reply) => {
      void reply.hijack();
      probes(request.raw, reply.raw);
    });
    await app.listen({ port: 0, host: "127.0.0.1" });
    expect(await bodiesOf(await portOf(app.server), "/ops")).toEqual([ok, "orders"]);
    await app.close();
  });

  test("Express, which takes the prefix off", async () => {
    const app = express();
    app.use("/ops", nodeListener(oneCheck().health.handler()));
    app.get("/orders", (_request, response) => void response.send("orders"));
    const server = app.listen(0, "127.0.0.1");
    expect(await bodiesOf(await portOf(server), "/ops")).toEqual([ok, "orders"]);
    server.close();
  });
});

test("a port of its own: 1,000 probes at once cause one run", async () => {
  const counted = oneCheck();
  await using listener = await counted.health.listen({ port: 0, host: "127.0.0.1" });
  // Not with fetch, which gives up a connection that takes a slow machine more than ten seconds.
  const probe = async (): Promise<string> => {
    const [answer] = (await once(get(`${listener.url}/readyz`, { agent: false }), "response")) as [IncomingMessage];
    return await text(answer);
  };
  const answers = await Promise.all(Array.from({ length: 1_000 }, probe));
  expect(new Set(answers)).toEqual(new Set(["ok"]));
  expect(counted.runs).toBe(1);
});
