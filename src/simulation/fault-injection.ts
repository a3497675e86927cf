import { shown } from "../core/check.js";
import { type Duration, toMs } from "../core/duration.js";
import type { Generator } from "../core/generator.js";
import type { Host } from "./host.js";
import type { Network } from "./network.js";
import { formatMs } from "./trace.js";
import type { World } from "./world.js";

/** One host or several. */
export type HostNames = string | readonly string[];

/** One direction of a link that is disturbed, and by what. */
interface Disturbed {
  readonly from: string;
  readonly to: string;
  readonly token: object;
}

/** Strikes hosts and links, writes down what it did, and knows what still goes on. */
export class FaultInjection {
  readonly #world: World;
  readonly #network: Network;
  readonly #generator: Generator;
  #links: Disturbed[] = [];
  /** The crashes that are to end by themselves, by host. */
  readonly #crashes = new Map<string, object>();

  constructor(world: World, network: Network) {
    this.#world = world;
    this.#network = network;
    this.#generator = world.generator.fork("swizzle");
  }

  crash(name: string, lasts?: Duration): void {
    const host = this.#host(name);
    if (!host.isUp) return;
    this.#note(`crash ${name}`, lasts);
    host.crash();
    if (lasts === undefined) return;
    const token = {};
    this.#crashes.set(name, token);
    this.#begin(token);
    this.#end(lasts, () => {
      if (this.#crashes.get(name) === token) this.restart(name);
    });
  }

  restart(name: string): void {
    const host = this.#host(name);
    if (host.isUp) this.crash(name);
    const crash = this.#crashes.get(name);
    if (crash !== undefined) this.#world.faults.delete(crash);
    this.#crashes.delete(name);
    this.#note(`restart ${name}`);
    host.start();
  }

  stop(name: string): void {
    this.#note(`stop ${name}`);
    this.#host(name).stop();
  }

  pause(name: string, lasts?: Duration): void {
    const host = this.#host(name);
    const token = {};
    if (!host.pause(token)) return;
    this.#note(`pause ${name}`, lasts);
    this.#end(lasts, () => {
      if (host.resume(token)) this.#note(`resume ${name}`);
    });
  }

  resume(name: string): void {
    const host = this.#host(name);
    if (host.resume()) this.#note(`resume ${name}`);
  }

  cut(one: HostNames, other: HostNames, oneWay: boolean, lasts?: Duration): void {
    this.#checkHosts(one, other);
    this.#note(`partition ${names(one)} ${oneWay ? "to" : "and"} ${names(other)}`, lasts);
    this.#disturb(pairs(one, other, oneWay), "cut", lasts, "heal");
  }

  hold(one: HostNames, other: HostNames, lasts?: Duration): void {
    this.#checkHosts(one, other);
    this.#note(`hold ${names(one)} and ${names(other)}`, lasts);
    this.#disturb(pairs(one, other, false), "hold", lasts, "release");
  }

  /** Mends the links between these, in both directions; without names, all. */
  mend(what: string, one?: HostNames, other?: HostNames): void {
    this.#checkHosts(one ?? [], other ?? []);
    const chosen = one === undefined || other === undefined ? undefined : pairs(one, other, false);
    const mended = this.#links.filter(
      ({ from, to }) => chosen === undefined || chosen.some((pair) => pair.from === from && pair.to === to),
    );
    this.#note(chosen === undefined ? what : `${what} ${names(one)} and ${names(other)}`);
    this.#mend(mended);
  }

  /** Cuts hosts off one by one, then heals them in another order: FoundationDB's "swizzle-clogging". */
  swizzle(hosts: readonly string[], lasts: Duration): void {
    const half = toMs(lasts, "lasts") / 2;
    this.#checkHosts(hosts);
    this.#note(`swizzle ${names(hosts)}`, lasts);
    for (const name of hosts) {
      const begins = this.#generator.between(0, half);
      const ends = this.#generator.between(half, 2 * half);
      this.#world.later(begins, "swizzle", () => {
        const others = [...this.#world.hosts.keys()].filter((other) => other !== name);
        this.cut(name, others, false, ends - begins);
      });
    }
  }

  skew(name: string, ms: number): void {
    const machine = this.#machine(name);
    this.#note(`clock of ${name} jumps ${ms < 0 ? "back" : "ahead"} ${formatMs(Math.abs(ms))}`);
    for (const host of machine) host.clock.skew(ms);
  }

  drift(name: string, rate: number, lasts?: Duration): void {
    const machine = this.#machine(name);
    const before = this.#host(name).clock.drift;
    this.#note(`clock of ${name} drifts by ${rate}`, lasts);
    for (const host of machine) host.setDrift(rate);
    const token = {};
    if (lasts !== undefined) this.#begin(token);
    this.#end(lasts, () => {
      this.#world.faults.delete(token);
      this.#note(`clock of ${name} drifts by ${before}`);
      for (const host of machine) host.setDrift(before);
    });
  }

  #disturb(
    links: readonly Omit<Disturbed, "token">[],
    how: "cut" | "hold",
    lasts: Duration | undefined,
    end: string,
  ): void {
    const token = {};
    const disturbed = links.map((link) => ({ ...link, token }));
    for (const { from, to } of disturbed) this.#network[how](from, to, token);
    this.#links.push(...disturbed);
    this.#begin(token);
    this.#end(lasts, () => {
      if (!this.#world.faults.has(token)) return;
      this.#note(`${end} ${names([...new Set(disturbed.map(({ from }) => from))])}`);
      this.#mend(disturbed);
    });
  }

  #mend(mended: readonly Disturbed[]): void {
    const gone = new Set(mended);
    this.#links = this.#links.filter((link) => !gone.has(link));
    const left = new Set(this.#links.map(({ token }) => token));
    for (const { from, to, token } of mended) {
      if (!left.has(token)) this.#world.faults.delete(token);
      this.#network.mend(from, to, token);
    }
    this.#world.disturbed();
  }

  /** A fault goes on from now: what must hold after healing is not judged before it has ended. */
  #begin(token: object): void {
    this.#world.faults.add(token);
    this.#world.disturbed();
  }

  #end(lasts: Duration | undefined, act: () => void): void {
    if (lasts === undefined) return;
    this.#world.later(toMs(lasts, "lasts"), "fault ends", act);
  }

  #note(what: string, lasts?: Duration): void {
    this.#world.note("world", lasts === undefined ? what : `${what} for ${formatMs(toMs(lasts, "lasts"))}`);
    this.#world.disturbed();
  }

  #host(name: string): Host {
    if (name === "test") throw new TypeError("Expected another host than the test itself, which is immune to faults");
    const host = this.#world.hosts.get(name);
    if (host?.machine === name) return host;
    throw unknownHost(this.#world, name);
  }

  /** Refuses names that are no host's; the test itself is one end of a link as any other. */
  #checkHosts(...hosts: readonly HostNames[]): void {
    const unknown = hosts.flat().find((name) => !this.#world.hosts.has(name));
    if (unknown !== undefined) throw unknownHost(this.#world, unknown);
  }

  #machine(name: string): readonly Host[] {
    this.#host(name);
    return [...this.#world.hosts.values()].filter(({ machine }) => machine === name);
  }
}

/** What is said of a name that no host has. */
export function unknownHost(world: World, name: string): TypeError {
  const known = [...world.hosts.values()].filter(({ name: own, machine }) => own === machine && own !== "test");
  const list = known.map((one) => one.name).join(", ");
  return new TypeError(`Expected a host of this simulation (${list}), got ${shown(name)}`);
}

function pairs(
  one: HostNames,
  other: HostNames,
  oneWay: boolean,
): readonly { readonly from: string; readonly to: string }[] {
  return [one].flat().flatMap((from) =>
    [other].flat().flatMap((to) =>
      from === to
        ? []
        : oneWay
          ? [{ from, to }]
          : [
              { from, to },
              { from: to, to: from },
            ],
    ),
  );
}

function names(hosts: HostNames | undefined): string {
  return hosts === undefined ? "" : [hosts].flat().join(", ");
}
