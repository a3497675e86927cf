import { type Server, Agent, createServer, get, request } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { createLifecycle } from "keelson/lifecycle";
import { fakeProcess } from "./fake-process.js";

const agent = new Agent({ keepAlive: true });
afterEach(() => {
  agent.destroy();
});

interface Answer {
  readonly status: number | undefined;
  readonly connection: string | undefined;
  readonly body: string;
}

const listen = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
};
const fetchFrom = (port: number): Promise<Answer> =>
  new Promise((resolve, reject) => {
    get({ port, host: "127.0.0.1", agent }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (body += chunk));
      response.on("end", () => {
        resolve({ status: response.statusCode, connection: response.headers.connection, body });
      });
      response.on("error", reject);
    }).on("error", reject);
  });

/** A server whose answers wait for `answer`. */
function held(onRequest?: () => void) {
  const waiting: (() => void)[] = [];
  const server = createServer((_request, response) => {
    waiting.push(() => response.end("done"));
    onRequest?.();
  });
  return { server, answer: () => waiting.shift()?.() };
}

const arrival = (): { readonly promise: Promise<void>; readonly arrived: () => void } => {
  let arrived!: () => void;
  const promise = new Promise<void>((resolve) => (arrived = resolve));
  return { promise, arrived };
};

describe("draining", () => {
  test("a request in flight on a keep-alive socket is answered and its connection ended at once", async () => {
    const { promise, arrived } = arrival();
    const { server, answer } = held(arrived);
    const port = await listen(server);
    server.keepAliveTimeout = 600_000; // left to itself, close() would wait for this
    const lifecycle = createLifecycle({ process: fakeProcess(), exit: false });
    lifecycle.server(server);
    const inFlight = fetchFrom(port);
    await promise;
    lifecycle.onShutdown("answer", answer, { phase: "drain" });
    const report = await lifecycle.shutdown();
    expect(await inFlight).toEqual({ status: 200, connection: "close", body: "done" });
    expect(report.outcome).toBe("clean");
    expect(report.hooks.find(({ name }) => name === "http server")?.durationMs).toBeLessThan(25_000);
    expect(server.listening).toBe(false);
  });

  test("headers that are out already do not keep the connection open", async () => {
    const { promise, arrived } = arrival();
    let end: (() => void) | undefined;
    const server = createServer((_request, response) => {
      response.write("begun,");
      end = () => response.end("ended");
      arrived();
    });
    server.keepAliveTimeout = 600_000;
    const port = await listen(server);
    const lifecycle = createLifecycle({ process: fakeProcess(), exit: false });
    lifecycle.server(server);
    const inFlight = fetchFrom(port);
    await promise;
    lifecycle.onShutdown("end", () => end?.(), { phase: "drain" });
    const report = await lifecycle.shutdown();
    expect(await inFlight).toEqual({ status: 200, connection: "keep-alive", body: "begun,ended" });
    expect(report.outcome).toBe("clean");
    expect(report.durationMs).toBeLessThan(25_000);
  });

  test("it goes on accepting while no longer ready, with Connection: close", async () => {
    const server = createServer((_request, response) => response.end("still here"));
    const port = await listen(server);
    const lifecycle = createLifecycle({ process: fakeProcess(), exit: false });
    lifecycle.server(server);
    expect((await fetchFrom(port)).connection).toBe("keep-alive");
    let during: Answer | undefined;
    const ask = async (): Promise<void> => {
      during = await fetchFrom(port);
    };
    lifecycle.onShutdown("client", ask, { phase: "notReady", after: ["http server retirement"] });
    await lifecycle.shutdown();
    expect(during).toEqual({ status: 200, connection: "close", body: "still here" });
    await expect(fetchFrom(port)).rejects.toThrow("ECONNREFUSED");
  });

  test("its timeout cuts what is still open", async () => {
    const { promise, arrived } = arrival();
    const { server } = held(arrived);
    const port = await listen(server);
    const lifecycle = createLifecycle({ process: fakeProcess(), exit: false });
    lifecycle.server(server, { name: "api", timeout: 20 });
    const cut = expect(fetchFrom(port)).rejects.toThrow("socket hang up");
    await promise;
    const report = await lifecycle.shutdown();
    await cut;
    expect(report.hooks.find(({ name }) => name === "api")?.outcome).toBe("timedOut");
  });

  test("a server of streams is waited for itself, but not by what is drained", async () => {
    const { promise, arrived } = arrival();
    const { server, answer } = held(arrived);
    const port = await listen(server);
    const lifecycle = createLifecycle({ process: fakeProcess(), exit: false });
    const order: string[] = [];
    lifecycle.drain("jobs", { close: () => order.push("closed") }, Promise.resolve());
    const end = (): void => {
      order.push("ended");
      answer();
    };
    lifecycle.onShutdown("end of the stream", end, { phase: "drain", after: ["jobs"] });
    lifecycle.server(server, { streams: true });
    lifecycle.onShutdown("store", () => order.push("store"), { phase: "close" });
    const stream = fetchFrom(port);
    await promise;
    expect((await lifecycle.shutdown()).outcome).toBe("clean");
    expect(await stream).toMatchObject({ body: "done" });
    expect(order).toEqual(["closed", "ended", "store"]);
  });

  test("a channel that is drained is closed when the last request has ended, or was cut", async () => {
    for (const timeout of ["1m", 20] as const) {
      const { promise, arrived } = arrival();
      const { server, answer } = held(arrived);
      const port = await listen(server);
      const lifecycle = createLifecycle({ process: fakeProcess(), exit: false });
      const order: string[] = [];
      lifecycle.drain("jobs", { close: () => order.push("closed") }, Promise.resolve());
      lifecycle.server(server, { timeout });
      const inFlight = fetchFrom(port).then(
        () => order.push("answered"),
        () => order.push("cut"),
      );
      await promise;
      if (timeout !== 20) lifecycle.onShutdown("answer", answer, { phase: "drain" });
      await lifecycle.shutdown();
      await inFlight;
      expect(order.sort()).toEqual(timeout === 20 ? ["closed", "cut"] : ["answered", "closed"]);
    }
  });

  test("a server that never listened, or was taken back, is no trouble", async () => {
    const lifecycle = createLifecycle({ process: fakeProcess(), exit: false });
    lifecycle.server(createServer());
    const server = createServer();
    await listen(server);
    lifecycle.server(server, { name: "other" })[Symbol.dispose]();
    expect(server.listenerCount("request")).toBe(0);
    expect((await lifecycle.shutdown()).outcome).toBe("clean");
    expect(server.listening).toBe(true);
    server.close();
  });

  test("a server that cannot be closed fails its hook", async () => {
    const lifecycle = createLifecycle({ process: fakeProcess(), exit: false });
    const broken = {
      prependListener: () => undefined,
      off: () => undefined,
      close: (callback: (error?: Error) => void) => {
        callback(new Error("broken"));
      },
      closeIdleConnections: () => undefined,
      closeAllConnections: () => undefined,
    };
    lifecycle.server(broken);
    expect((await lifecycle.shutdown()).outcome).toBe("failed");
  });
});

test("an upload in flight is received whole", async () => {
  const { promise, arrived } = arrival();
  let received = "";
  const server = createServer((incoming, response) => {
    arrived();
    incoming.setEncoding("utf8");
    incoming.on("data", (chunk: string) => (received += chunk));
    incoming.on("end", () => response.end());
  });
  const port = await listen(server);
  const lifecycle = createLifecycle({ process: fakeProcess(), exit: false });
  lifecycle.server(server);
  const upload = request({ port, host: "127.0.0.1", agent, method: "POST" });
  const answered = new Promise<void>((resolve, reject) => {
    upload.on("error", reject);
    upload.on("response", (response) => {
      response.resume();
      response.on("end", resolve);
    });
  });
  upload.write("one,");
  await promise;
  lifecycle.onShutdown("client", () => void upload.end("two"), { phase: "drain" });
  await lifecycle.shutdown();
  await answered;
  expect(received).toBe("one,two");
});
