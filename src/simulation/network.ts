import { checkKnown, checkNumber } from "../core/check.js";
import { type Duration, toMs } from "../core/duration.js";
import type { Generator } from "../core/generator.js";
import { NetworkError } from "./errors.js";
import type { HostNet, Question } from "./host-net.js";
import type { Answer } from "./pending-request.js";
import type { World } from "./world.js";

/** How the simulated network treats messages. */
export interface NetworkOptions {
  /** How long a message is under way: each takes something between. @defaultValue `{ min: 1, max: 10 }` */
  readonly latency?: Duration | { readonly min: Duration; readonly max: Duration };
  /** The probability that a message is lost. @defaultValue `0` */
  readonly drop?: number;
  /** The probability that a datagram arrives twice; requests travel over connections and never do. @defaultValue `0` */
  readonly duplicate?: number;
}

/** A message under way. */
export interface Message {
  readonly from: string;
  readonly to: string;
  readonly label: string;
  readonly isDatagram: boolean;
  /** Called at the instant it arrives. */
  readonly arrive: () => void;
}

/** One direction between two hosts. */
interface Link {
  readonly cuts: Set<object>;
  readonly holds: Set<object>;
  held: Message[];
}

/** Carries messages between hosts, or does not. */
export class Network {
  readonly world: World;
  readonly #generator: Generator;
  readonly #links = new Map<string, Link>();
  /** Hosts that are one machine: nothing is slow or lost between them. */
  readonly #wires = new Set<string>();
  readonly #min: number;
  readonly #max: number;
  readonly #drop: number;
  readonly #duplicate: number;

  constructor(world: World, options: NetworkOptions) {
    checkKnown("net", options, { latency: true, drop: true, duplicate: true });
    const { latency = { min: 1, max: 10 }, drop = 0, duplicate = 0 } = options;
    if (typeof latency === "object") checkKnown("net.latency", latency, { min: true, max: true });
    const range = typeof latency === "object" ? latency : { min: latency, max: latency };
    this.world = world;
    this.#generator = world.generator.fork("network");
    this.#min = toMs(range.min, "net.latency");
    this.#max = toMs(range.max, "net.latency");
    checkNumber("net.latency.max", this.#max, this.#min);
    checkNumber("net.drop", drop, 0, 1);
    checkNumber("net.duplicate", duplicate, 0, 1);
    this.#drop = drop;
    this.#duplicate = duplicate;
  }

  send(message: Message): void {
    if (message.from === message.to || this.#wires.has(key(message.from, message.to))) {
      this.world.later(0, message.label, message.arrive);
      return;
    }
    const { holds, held } = this.#link(message.from, message.to);
    if (holds.size > 0) {
      held.push(message);
      return;
    }
    const isLost = this.#generator.chance(this.#drop);
    const copies = message.isDatagram && this.#generator.chance(this.#duplicate) ? 2 : 1;
    if (isLost || this.#isCut(message)) {
      this.#lost(message);
      return;
    }
    for (let copy = 0; copy < copies; copy += 1) {
      this.#carry(message, this.#generator.between(this.#min, this.#max));
    }
  }

  /** The network of a host that is up. */
  netOf(host: string): HostNet | undefined {
    return this.world.hosts.get(host)?.net;
  }

  /** Sends a request. */
  ask(to: string, question: Question): void {
    const arrive = (): void => {
      const net = this.netOf(to);
      if (net === undefined) this.refuse(to, question);
      else net.asked(question);
    };
    this.send({ from: question.from.host, to, label: `request ${question.name}`, isDatagram: false, arrive });
  }

  /** Sends the answer to a request. */
  answer(from: string, question: Question, answer: Answer<unknown>): void {
    const arrive = (): void => {
      question.from.answered(question, answer);
    };
    this.send({ from, to: question.from.host, label: `answer ${question.name}`, isDatagram: false, arrive });
  }

  /** Answers that nobody is there to answer. */
  refuse(from: string, question: Question): void {
    const host = this.world.hosts.get(from);
    const why =
      host === undefined
        ? `there is no host "${from}"`
        : host.isUp
          ? `nobody serves "${question.name}" on ${from}`
          : `${from} is down`;
    this.answer(from, question, { kind: "failure", error: new NetworkError("refused", why) });
  }

  /** Makes one machine of two hosts. */
  wire(one: string, other: string): void {
    this.#wires.add(key(one, other));
    this.#wires.add(key(other, one));
  }

  /** Loses what is sent from one host to the other, under way included, until the token is given back. */
  cut(from: string, to: string, token: object): void {
    this.#link(from, to).cuts.add(token);
  }

  /** Keeps back what is sent from one host to the other, until the token is given back. */
  hold(from: string, to: string, token: object): void {
    this.#link(from, to).holds.add(token);
  }

  /** Gives a token back: the link works again if no other one is left. */
  mend(from: string, to: string, token: object): void {
    const link = this.#link(from, to);
    link.cuts.delete(token);
    link.holds.delete(token);
    if (link.holds.size > 0) return;
    for (const message of link.held.splice(0)) this.send(message);
  }

  #carry(message: Message, ms: number): void {
    this.world.later(ms, message.label, () => {
      if (this.#isCut(message)) this.#lost(message);
      else message.arrive();
    });
  }

  #isCut({ from, to }: Message): boolean {
    return (this.#links.get(key(from, to))?.cuts.size ?? 0) > 0;
  }

  #lost({ from, to, label }: Message): void {
    this.world.note(from, `lost on the way to ${to}: ${label}`);
  }

  #link(from: string, to: string): Link {
    const name = key(from, to);
    const known = this.#links.get(name);
    if (known !== undefined) return known;
    const link: Link = { cuts: new Set(), holds: new Set(), held: [] };
    this.#links.set(name, link);
    return link;
  }
}

function key(from: string, to: string): string {
  return `${from}>${to}`;
}
