import { type Server, createServer, request as httpRequest } from "node:http";
import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { systemRuntime } from "keelson/core";
import { type FetchHandler, listen, nodeListener } from "keelson/http";

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

const failures: unknown[] = [];
const runtime = Object.assign(Object.create(systemRuntime()) as ReturnType<typeof systemRuntime>, {
  report: (error: unknown) => void failures.push(error),
});

async function serve(handler: FetchHandler): Promise<string> {
  server = createServer(nodeListener(handler, { runtime })).listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

describe("a request comes through", () => {
  test("with method, path, query, headers and body", async () => {
    const url = await serve(async (request) => {
      const { pathname, search, host } = new URL(request.url);
      const text = await request.text();
      return Response.json([request.method, pathname, search, host.length > 0, request.headers.get("x-a"), text]);
    });
    const answer = await fetch(`${url}/a%20b?q=1&q=2`, { method: "PUT", headers: { "x-a": "1" }, body: "hällo" });
    expect(await answer.json()).toEqual(["PUT", "/a%20b", "?q=1&q=2", true, "1", "hällo"]);
  });

  test.each([
    ["a path that looks like a host", "GET //elsewhere/x HTTP/1.1\r\nHost: a\r\n", "/"],
    ["a host that is none", "GET /x HTTP/1.1\r\nHost: a b\r\n", "/x"],
  ])("%s is no failure", async (_name, head) => {
    const url = await serve((request) => new Response(new URL(request.url).host.replace(/:\d+$/, "")));
    const socket: Socket = connect(Number(new URL(url).port), "127.0.0.1");
    socket.write(`${head}Connection: close\r\n\r\n`);
    let text = "";
    for await (const chunk of socket) text += String(chunk);
    expect(text).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(text).not.toContain("elsewhere");
  });

  test("its signal aborts when the client goes away, and not when it stays", async () => {
    const signals: AbortSignal[] = [];
    const url = await serve((request) => {
      signals.push(request.signal);
      if (signals.length === 1) return new Response("ok");
      return new Promise<Response>((_resolve, reject) => {
        request.signal.addEventListener("abort", () => {
          reject(request.signal.reason as Error);
        });
        client.destroy();
      });
    });
    await (await fetch(url)).text();
    const client = httpRequest(url);
    client.on("error", () => undefined);
    client.end();
    await expect.poll(() => signals[1]?.aborted).toBe(true);
    expect(signals[0]?.aborted).toBe(false);
    expect(failures).toEqual([]);
  });
});

describe("an answer comes back", () => {
  test("with status, headers, each cookie on its own, and a streamed body", async () => {
    const url = await serve(() => {
      const headers = new Headers({ "x-b": "2" });
      headers.append("set-cookie", "a=1");
      headers.append("set-cookie", "b=2");
      const parts = ["one ", "two ", "three"];
      const body = ReadableStream.from(parts.map((part) => new TextEncoder().encode(part)));
      return new Response(body, { status: 418, headers });
    });
    const answer = await fetch(url);
    expect([answer.status, answer.headers.get("x-b"), answer.headers.getSetCookie()]).toEqual([
      418,
      "2",
      ["a=1", "b=2"],
    ]);
    expect(await answer.text()).toBe("one two three");
  });

  test("no faster than the client takes it, and it stops when the client goes", async () => {
    let pulled = 0;
    let cancelled = false;
    const chunk = new Uint8Array(64 * 1024);
    const url = await serve(
      () =>
        new Response(
          new ReadableStream({
            pull(controller) {
              pulled += 1;
              controller.enqueue(chunk);
            },
            cancel() {
              cancelled = true;
            },
          }),
        ),
    );
    const client = httpRequest(url).end();
    const [answer] = (await once(client, "response")) as [NodeJS.ReadableStream];
    let last = -1;
    await expect.poll(() => [pulled === last, (last = pulled)][0], { interval: 50 }).toBe(true);
    expect(pulled).toBeLessThan(1_000);
    answer.on("error", () => undefined);
    client.destroy();
    await expect.poll(() => cancelled).toBe(true);
  });

  test("a handler that fails: 500 to the client, the error to the runtime; a stream that fails cuts the answer", async () => {
    const url = await serve((request) => {
      if (new URL(request.url).pathname === "/early") throw new Error("secret");
      const body = new ReadableStream({
        start(controller) {
          controller.enqueue(new Uint8Array(1));
        },
        pull() {
          throw new Error("too late");
        },
      });
      return new Response(body);
    });
    const early = await fetch(`${url}/early`);
    expect([early.status, await early.text()]).toEqual([500, "internal server error\n"]);
    await expect(fetch(`${url}/late`).then((answer) => answer.text())).rejects.toThrow();
    expect(failures.splice(0)).toEqual([new Error("secret"), new Error("too late")]);
  });
});

describe("listen", () => {
  test("takes a free port, says where, and answers what is in flight before it closes", async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const listener = await listen(() => held.then(() => new Response("done")), { port: 0, host: "127.0.0.1" });
    const pending = fetch(listener.url);
    await expect.poll(() => connections(listener.server)).toBe(1);
    const closed = listener.close();
    await expect(fetch(listener.url)).rejects.toThrow();
    release();
    expect(await (await pending).text()).toBe("done");
    await closed;
    await listener.close();
  });

  test("refuses what is no port, and says when one is taken", async () => {
    await expect(listen(() => new Response(), { port: 65_536 })).rejects.toThrow("Expected `port` to be an integer");
    await using first = await listen(() => new Response(), { port: 0, host: "127.0.0.1" });
    const second = listen(() => new Response(), { port: first.port, host: "127.0.0.1" });
    await expect(second).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});

function connections(of: object): Promise<number> {
  return new Promise((resolve) => {
    (of as unknown as Pick<Server, "getConnections">).getConnections((_error, count) => {
      resolve(count);
    });
  });
}
