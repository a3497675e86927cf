import type { AddressInfo, Server, Socket } from "node:net";
import { checkInteger, checkKnown, checkName, checkOneOf, shown } from "../core/check.js";
import { type Duration, type Runtime, currentRuntime, toMs } from "../core/index.js";
import type { ProxyDirection } from "./proxy-direction.js";
import { ProxyLink, type ProxyRules } from "./proxy-link.js";

export type { ProxyDirection } from "./proxy-direction.js";

/** What has gone through a {@link FaultProxy}. */
export interface ProxyCounts {
  /** Connections that clients have made. */
  readonly connections: number;
  /** Those that are open. */
  readonly open: number;
  /** Connections that were cut on purpose. */
  readonly cuts: number;
  /** Replies that were dropped. */
  readonly droppedReplies: number;
  /** Bytes that have gone to the target. */
  readonly bytesToTarget: number;
  /** Bytes that have come from it. */
  readonly bytesFromTarget: number;
}

/** How {@link faultProxy} is made. */
export interface FaultProxyOptions {
  /** Where the real server listens: `"host:port"`, or its parts. */
  readonly target: string | { readonly host: string; readonly port: number };
  /** Whose clock delays are on. @defaultValue `currentRuntime()` */
  readonly runtime?: Runtime;
}

/** A TCP proxy in this process that misbehaves when it is told to. */
export interface FaultProxy extends AsyncDisposable {
  /** Where it listens: the loopback address. */
  readonly host: string;
  /** The port it listens on; a free one. */
  readonly port: number;
  /** What has gone through so far. */
  readonly counts: ProxyCounts;
  /** Cuts every open connection now, as a reset; later ones are not touched. */
  cut(): void;
  /**
   * Lets exactly that many more bytes through in one direction, counted over all connections, and cuts the one that
   * carried the last of them.
   *
   * @param direction - Default `"fromTarget"`.
   * @returns Resolves once the connection is cut; also when that is forgotten, because the proxy is healed, closed, or
   * asked again.
   * @throws RangeError when that is no number of bytes.
   */
  cutAfter(bytes: number, direction?: ProxyDirection): Promise<void>;
  /**
   * Lets the next request reach the target, drops what comes back, and cuts the connection: the server did what it was
   * asked, and the client can't know.
   *
   * @remarks The next bytes of a client count as the request, and the next from the target, on that connection, as its
   * reply: on protocols that chat, let them fall silent first.
   * @returns Resolves once the reply is dropped, or that is forgotten.
   */
  dropReply(): Promise<void>;
  /**
   * Keeps bytes from arriving, in one direction or both, on all connections, also new ones, until {@link
   * FaultProxy.heal}: nobody is told. As TCP would, it delivers them then, if the connection is still there.
   */
  blackhole(direction?: ProxyDirection): void;
  /** Delivers bytes that much later from now on, in order; in one direction or both. 0 ends that. */
  delay(delay: Duration, direction?: ProxyDirection): void;
  /** Refuses new connections, or with `false` takes them again. */
  refuse(refuse?: boolean): void;
  /** Ends blackholes, delays and refusing, and forgets cuts and drops that are still to come. */
  heal(): void;
}

const directions: readonly ProxyDirection[] = ["toTarget", "fromTarget"];
const loopback = "127.0.0.1";

/**
 * Puts a proxy in front of a real server, so that a test can break the connection between the two.
 *
 * @remarks
 * Connect the client to `host` and `port` of the proxy. Disposing it cuts what is open. TLS passes through as it is.
 * Where the target takes no connection, the client's is closed.
 * @throws TypeError, RangeError when `target` is no address; the error of the listening socket.
 *
 * @example
 * ```ts
 * import { connect, createServer } from "node:net";
 * import { faultProxy } from "keelson/testing";
 *
 * const server = createServer((socket) => socket.on("error", () => undefined).end("hello")).listen(0, "127.0.0.1");
 * await new Promise((resolve) => server.once("listening", resolve));
 * const { port } = server.address() as { port: number };
 * const proxy = await faultProxy({ target: { host: "127.0.0.1", port } });
 * void proxy.cutAfter(2);
 * let got = "";
 * const client = connect(proxy.port, proxy.host).on("data", (chunk) => { got += String(chunk); });
 * client.on("error", () => undefined);
 * await new Promise((resolve) => client.once("close", resolve));
 * got // => "he"
 * proxy.counts.cuts // => 1
 * await proxy[Symbol.asyncDispose]();
 * server.close();
 * ```
 */
export async function faultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const { target, runtime = currentRuntime() } = options;
  checkKnown("options", options, { target, runtime });
  const { host, port } = parseTarget(target);
  const { createServer, connect } = await import("node:net");
  const dial = (): Socket => connect({ host, port, allowHalfOpen: true });
  const server = createServer({ allowHalfOpen: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, loopback, resolve);
  });
  return new TcpProxy(runtime, server, dial);
}

function parseTarget(target: FaultProxyOptions["target"]): { readonly host: string; readonly port: number } {
  const { host, port } = typeof target === "string" ? splitTarget(target) : target;
  checkName("target.host", host);
  checkInteger("target.port", port, 1, 65_535);
  return { host, port };
}

function splitTarget(target: string): { readonly host: string; readonly port: number } {
  const [, host, port] = /^\[?(.+?)\]?:(\d+)$/.exec(target) ?? [];
  if (host === undefined) throw new TypeError(`Expected \`target\` to be "host:port", got ${shown(target)}`);
  return { host, port: Number(port) };
}

/** Bytes to be let through before a cut, and who waits for it. */
interface PlannedCut {
  readonly direction: ProxyDirection;
  left: number;
  readonly done: () => void;
}

/** A reply to be dropped: that of the connection which sends the next request. */
interface PlannedDrop {
  link: ProxyLink | undefined;
  readonly done: () => void;
}

class TcpProxy implements FaultProxy, ProxyRules {
  readonly host: string = loopback;
  readonly port: number;
  readonly runtime: Runtime;
  readonly #server: Server;
  readonly #links = new Set<ProxyLink>();
  readonly #held = new Set<ProxyDirection>();
  readonly #delays = new Map<ProxyDirection, number>();
  readonly #counts = { connections: 0, cuts: 0, droppedReplies: 0, bytesToTarget: 0, bytesFromTarget: 0 };
  #plannedCut: PlannedCut | undefined = undefined;
  #plannedDrop: PlannedDrop | undefined = undefined;
  #refuses = false;

  constructor(runtime: Runtime, server: Server, dial: () => Socket) {
    this.runtime = runtime;
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on("connection", (client) => {
      if (this.#refuses) {
        client.on("error", () => undefined);
        client.resetAndDestroy();
        return;
      }
      this.#counts.connections += 1;
      const link = new ProxyLink(this, client, dial(), () => this.#links.delete(link));
      this.#links.add(link);
    });
  }

  get counts(): ProxyCounts {
    return { ...this.#counts, open: this.#links.size };
  }

  cut(): void {
    this.#counts.cuts += this.#links.size;
    for (const link of this.#links) link.cut();
  }

  async cutAfter(bytes: number, direction: ProxyDirection = "fromTarget"): Promise<void> {
    checkInteger("bytes", bytes, 1);
    checkOneOf("direction", direction, directions);
    this.#plannedCut?.done();
    await new Promise<void>((done) => {
      this.#plannedCut = { direction, left: bytes, done };
    });
  }

  async dropReply(): Promise<void> {
    this.#plannedDrop?.done();
    await new Promise<void>((done) => {
      this.#plannedDrop = { link: undefined, done };
    });
  }

  blackhole(direction?: ProxyDirection): void {
    for (const each of which(direction)) this.#held.add(each);
  }

  delay(delay: Duration, direction?: ProxyDirection): void {
    const ms = toMs(delay, "delay");
    for (const each of which(direction)) this.#delays.set(each, ms);
  }

  refuse(refuse = true): void {
    this.#refuses = refuse;
  }

  heal(): void {
    this.#refuses = false;
    this.#held.clear();
    this.#delays.clear();
    this.#forgetPlans();
    for (const link of this.#links) link.move();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#forgetPlans();
    for (const link of this.#links) link.cut();
    if (!this.#server.listening) return;
    await new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
  }

  isHeld(direction: ProxyDirection): boolean {
    return this.#held.has(direction);
  }

  delayOf(direction: ProxyDirection): number {
    return this.#delays.get(direction) ?? 0;
  }

  limit(link: ProxyLink, direction: ProxyDirection, bytes: number): number | undefined {
    const limit = this.#dropped(link, direction) ? 0 : this.#cutWithin(direction, bytes);
    this.#counts[direction === "toTarget" ? "bytesToTarget" : "bytesFromTarget"] += limit ?? bytes;
    return limit;
  }

  /** Whether this is the reply that is to be dropped. */
  #dropped(link: ProxyLink, direction: ProxyDirection): boolean {
    const drop = this.#plannedDrop;
    if (drop === undefined) return false;
    if (direction === "toTarget") drop.link ??= link;
    if (direction === "toTarget" || drop.link !== link) return false;
    this.#plannedDrop = undefined;
    this.#counts.droppedReplies += 1;
    drop.done();
    return true;
  }

  #cutWithin(direction: ProxyDirection, bytes: number): number | undefined {
    const cut = this.#plannedCut;
    if (cut?.direction !== direction) return undefined;
    if (cut.left > bytes) {
      cut.left -= bytes;
      return undefined;
    }
    this.#plannedCut = undefined;
    this.#counts.cuts += 1;
    cut.done();
    return cut.left;
  }

  #forgetPlans(): void {
    this.#plannedCut?.done();
    this.#plannedDrop?.done();
    this.#plannedCut = undefined;
    this.#plannedDrop = undefined;
  }
}

function which(direction: ProxyDirection | undefined): readonly ProxyDirection[] {
  if (direction === undefined) return directions;
  checkOneOf("direction", direction, directions);
  return [direction];
}
