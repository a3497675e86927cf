import { type AddressInfo, type Socket, connect, createServer } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { type FaultProxy, faultProxy } from "keelson/testing";
import { outcome } from "../support/outcome.js";

/** What is closed after each test, last first. */
const opened: (() => void | PromiseLike<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

/** A server that answers each byte with two, in capitals, and remembers what it got. */
async function server(): Promise<{ readonly port: number; readonly got: () => string }> {
  let got = "";
  const sockets = new Set<Socket>();
  const listening = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => {
      got += String(chunk);
      socket.write(String(chunk).toUpperCase().repeat(2));
    });
  });
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  opened.push(() => {
    for (const socket of sockets) socket.destroy();
    listening.close();
  });
  return { port: (listening.address() as AddressInfo).port, got: () => got };
}

async function proxyTo(port: number): Promise<FaultProxy> {
  const proxy = await faultProxy({ target: `127.0.0.1:${port}` });
  opened.push(() => proxy[Symbol.asyncDispose]());
  return proxy;
}

class Client {
  got = "";
  readonly socket: Socket;
  readonly closed: Promise<void>;
  #heard: () => void = () => undefined;

  constructor({ host, port }: FaultProxy) {
    this.socket = connect(port, host);
    this.socket.on("error", () => undefined);
    this.socket.on("data", (chunk) => {
      this.got += String(chunk);
      this.#heard();
    });
    this.closed = new Promise((resolve) =>
      this.socket.once("close", () => {
        resolve();
      }),
    );
    opened.push(() => {
      this.socket.destroy();
    });
  }

  async until(text: string): Promise<void> {
    while (this.got !== text) await new Promise<void>((resolve) => (this.#heard = resolve));
  }

  async ask(text: string): Promise<void> {
    const expected = this.got + text.toUpperCase().repeat(2);
    this.socket.write(text);
    await this.until(expected);
  }
}

/** Lets the sockets of this process do what they have to, many times over. */
async function quiet(): Promise<void> {
  for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

test("passes bytes both ways, and counts", async () => {
  const target = await server();
  const proxy = await proxyTo(target.port);
  const [one, two] = [new Client(proxy), new Client(proxy)];
  await one.ask("ab");
  await two.ask("c");
  expect(target.got()).toBe("abc");
  expect(proxy.counts).toEqual({
    connections: 2,
    open: 2,
    cuts: 0,
    droppedReplies: 0,
    bytesToTarget: 3,
    bytesFromTarget: 6,
  });
  one.socket.end();
  await one.closed;
  await expect.poll(() => proxy.counts.open).toBe(1);
});

test("passes more than fits on the way", async () => {
  const target = await server();
  const proxy = await proxyTo(target.port);
  const client = new Client(proxy);
  await client.ask("x".repeat(3_000_000));
  expect(proxy.counts.bytesFromTarget).toBe(6_000_000);
});

describe("a cut", () => {
  test("comes now, to every connection there is", async () => {
    const proxy = await proxyTo((await server()).port);
    const [one, two] = [new Client(proxy), new Client(proxy)];
    await Promise.all([one.ask("a"), two.ask("b")]);
    proxy.cut();
    await Promise.all([one.closed, two.closed]);
    expect(proxy.counts).toMatchObject({ cuts: 2, open: 0 });
    await new Client(proxy).ask("c");
  });

  test("comes after exactly so many bytes from the target, over all connections", async () => {
    const proxy = await proxyTo((await server()).port);
    const [one, two] = [new Client(proxy), new Client(proxy)];
    const cut = proxy.cutAfter(5);
    await one.ask("a");
    two.socket.write("bc");
    await Promise.all([cut, two.closed]);
    expect([one.got, two.got, proxy.counts.bytesFromTarget]).toEqual(["AA", "BCB", 5]);
    await one.ask("d");
  });

  test("comes after exactly so many bytes to the target", async () => {
    const target = await server();
    const proxy = await proxyTo(target.port);
    const client = new Client(proxy);
    const cut = proxy.cutAfter(2, "toTarget");
    client.socket.write("abc");
    await Promise.all([cut, client.closed]);
    await expect.poll(() => [target.got(), proxy.counts.bytesToTarget]).toEqual(["ab", 2]);
  });

  test("can be asked for again and again, and forgotten", async () => {
    const proxy = await proxyTo((await server()).port);
    for (let round = 1; round <= 20; round += 1) {
      const client = new Client(proxy);
      const cut = proxy.cutAfter(round);
      client.socket.write("x".repeat(round));
      await Promise.all([cut, client.closed]);
      expect(client.got).toBe("X".repeat(round));
    }
    expect(proxy.counts.cuts).toBe(20);
    const forgotten = proxy.cutAfter(1);
    const replaced = proxy.cutAfter(2);
    await forgotten;
    proxy.heal();
    await replaced;
    await new Client(proxy).ask("still there");
  });
});

test("a dropped reply: the target did what it was asked, the client hears nothing", async () => {
  const target = await server();
  const proxy = await proxyTo(target.port);
  const [one, two] = [new Client(proxy), new Client(proxy)];
  await Promise.all([one.ask("a"), two.ask("b")]);
  const dropped = proxy.dropReply();
  one.socket.write("c");
  await Promise.all([dropped, one.closed]);
  expect([one.got, target.got().includes("c")]).toEqual(["AA", true]);
  expect(proxy.counts).toMatchObject({ droppedReplies: 1, cuts: 0, open: 1 });
  await two.ask("d");
});

test("a dropped reply is that of the first to ask", async () => {
  const target = await server();
  const proxy = await proxyTo(target.port);
  const [one, two] = [new Client(proxy), new Client(proxy)];
  await Promise.all([one.ask("a"), two.ask("b")]);
  const dropped = proxy.dropReply();
  proxy.delay(50, "fromTarget");
  one.socket.write("c");
  while (!target.got().includes("c")) await quiet();
  await two.ask("d");
  await Promise.all([dropped, one.closed]);
  expect([one.got, two.got]).toEqual(["AA", "BBDD"]);
});

describe("a blackhole", () => {
  test("swallows both directions until it is healed, new connections included", async () => {
    const target = await server();
    const proxy = await proxyTo(target.port);
    const old = new Client(proxy);
    await old.ask("a");
    proxy.blackhole();
    const young = new Client(proxy);
    old.socket.write("b");
    young.socket.write("c");
    await quiet();
    expect([target.got(), old.got, young.got]).toEqual(["a", "AA", ""]);
    proxy.heal();
    await Promise.all([old.until("AABB"), young.until("CC")]);
  });

  test("in one direction lets requests arrive, and no reply", async () => {
    const target = await server();
    const proxy = await proxyTo(target.port);
    const client = new Client(proxy);
    await client.ask("a");
    proxy.blackhole("fromTarget");
    client.socket.write("b");
    while (target.got() !== "ab") await quiet();
    await quiet();
    expect(client.got).toBe("AA");
    proxy.heal();
    await client.until("AABB");
  });

  test("hides that the other side is gone", async () => {
    const target = await server();
    const proxy = await proxyTo(target.port);
    const client = new Client(proxy);
    await client.ask("a");
    proxy.blackhole("toTarget");
    client.socket.end();
    await quiet();
    expect(proxy.counts.open).toBe(1);
    proxy.heal();
    await client.closed;
  });
});

test("a delay keeps the order, and ends when it is told to", async () => {
  const target = await server();
  const proxy = await proxyTo(target.port);
  const client = new Client(proxy);
  await client.ask("a");
  const before = performance.now();
  proxy.delay(60, "fromTarget");
  client.socket.write("b");
  while (target.got() !== "ab") await quiet(); // or both could arrive as one chunk
  client.socket.write("c");
  await client.until("AABBCC");
  expect(performance.now() - before).toBeGreaterThanOrEqual(60);
  proxy.delay(0);
  await client.ask("d");
});

test("connections are refused while it is told to", async () => {
  const target = await server();
  const proxy = await proxyTo(target.port);
  proxy.refuse();
  const refused = new Client(proxy);
  refused.socket.write("a");
  await refused.closed;
  expect([target.got(), proxy.counts.connections]).toEqual(["", 0]);
  proxy.refuse(false);
  await new Client(proxy).ask("b");
});

test("a target that is not there closes the client's connection", async () => {
  const target = await server();
  const proxy = await proxyTo(target.port);
  for (const close of opened.splice(0, 1)) await close();
  await new Client(proxy).closed;
});

test("disposing cuts what is open, once and for all", async () => {
  const proxy = await proxyTo((await server()).port);
  const client = new Client(proxy);
  await client.ask("a");
  const waiting = proxy.dropReply();
  await proxy[Symbol.asyncDispose]();
  await Promise.all([client.closed, waiting]);
  await proxy[Symbol.asyncDispose]();
  await new Client(proxy).closed;
});

test("what is no address, direction or count is refused", async () => {
  expect(await outcome(faultProxy({ target: "nowhere" }))).toMatchObject({
    message: expect.stringContaining("host:port") as string,
  });
  expect(await outcome(faultProxy({ target: "h:70000" }))).toBeInstanceOf(RangeError);
  const proxy = await proxyTo((await server()).port);
  expect(await outcome(proxy.cutAfter(0))).toBeInstanceOf(RangeError);
  expect(() => {
    proxy.blackhole("sideways" as "toTarget");
  }).toThrow("Expected `direction`");
});
