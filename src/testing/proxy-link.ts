import type { Socket } from "node:net";
import type { ProxyDirection } from "./proxy-direction.js";
import type { Runtime, TimerHandle } from "../core/index.js";

/** What is done to the bytes of all connections; asked anew for each chunk. */
export interface ProxyRules {
  readonly runtime: Runtime;
  /** Whether bytes are kept waiting. */
  isHeld(direction: ProxyDirection): boolean;
  /** Milliseconds by which bytes come later. */
  delayOf(direction: ProxyDirection): number;
  /** How many of these bytes go on before the connection is cut; `undefined`: all, and it is not. */
  limit(link: ProxyLink, direction: ProxyDirection, bytes: number): number | undefined;
}

/** One connection through the proxy. */
export class ProxyLink {
  readonly #client: Socket;
  readonly #target: Socket;
  readonly #lanes: readonly Lane[];

  /** `closed` is called once, when both sides are gone. */
  constructor(rules: ProxyRules, client: Socket, target: Socket, closed: (link: ProxyLink) => void) {
    this.#client = client;
    this.#target = target;
    this.#lanes = [
      new Lane(this, rules, "toTarget", client, target),
      new Lane(this, rules, "fromTarget", target, client),
    ];
    let open = 2;
    for (const socket of [client, target]) {
      socket.on("error", () => undefined); // "close" follows
      socket.on("close", () => {
        open -= 1;
        if (open === 0) closed(this);
      });
    }
  }

  /** Lets go on what may, after the rules have changed. */
  move(): void {
    for (const lane of this.#lanes) lane.move();
  }

  /** Resets the connection; `told` still gets what was sent to it before. */
  cut(told?: Socket): void {
    for (const lane of this.#lanes) lane.stop();
    for (const socket of [this.#client, this.#target]) {
      if (socket === told) socket.destroySoon();
      else socket.resetAndDestroy();
    }
  }
}

/** Bytes that may be on their way before their sender is held back. */
const mostUnderWay = 1_048_576;

/** One direction of a connection. */
class Lane {
  readonly #link: ProxyLink;
  readonly #rules: ProxyRules;
  readonly #direction: ProxyDirection;
  readonly #from: Socket;
  readonly #to: Socket;
  #queue: { readonly chunk: Buffer; readonly due: number }[] = [];
  #bytes = 0;
  #state: "open" | "ended" | "closed" = "open";
  #timer: TimerHandle | undefined = undefined;

  constructor(link: ProxyLink, rules: ProxyRules, direction: ProxyDirection, from: Socket, to: Socket) {
    this.#link = link;
    this.#rules = rules;
    this.#direction = direction;
    this.#from = from;
    this.#to = to;
    from.on("data", (chunk: Buffer) => {
      this.#queue.push({ chunk, due: rules.runtime.now() + rules.delayOf(direction) });
      this.#bytes += chunk.length;
      if (this.#bytes > mostUnderWay) from.pause();
      this.move();
    });
    from.on("end", () => {
      this.#state = "ended";
      this.move();
    });
    from.on("close", () => {
      this.#state = "closed";
      this.move();
    });
    to.on("drain", () => {
      this.move();
    });
  }

  move(): void {
    if (this.#rules.isHeld(this.#direction)) return;
    for (let head = this.#queue[0]; head !== undefined; head = this.#queue[0]) {
      if (this.#to.writableNeedDrain) return;
      const wait = head.due - this.#rules.runtime.now();
      if (wait > 0) {
        this.#later(wait);
        return;
      }
      this.#queue.shift();
      this.#bytes -= head.chunk.length;
      if (!this.#pass(head.chunk)) return;
    }
    if (this.#state === "open") this.#from.resume();
    else if (this.#state === "ended") this.#to.end();
    else this.#to.destroySoon();
  }

  /** Forgets what is under way. */
  stop(): void {
    this.#queue = [];
    this.#timer?.[Symbol.dispose]();
  }

  /** Hands a chunk on; `false` when the connection was cut by that. */
  #pass(chunk: Buffer): boolean {
    const limit = this.#rules.limit(this.#link, this.#direction, chunk.length);
    if (limit === undefined) {
      this.#to.write(chunk);
      return true;
    }
    if (limit > 0) this.#to.write(chunk.subarray(0, limit));
    this.#link.cut(this.#to);
    return false;
  }

  #later(ms: number): void {
    this.#timer?.[Symbol.dispose]();
    const move = (): void => {
      this.move();
    };
    this.#timer = this.#rules.runtime.timer(ms, move, "fault proxy delay");
  }
}
