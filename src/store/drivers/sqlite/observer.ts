import type { Runtime, TimerHandle } from "../../../core/runtime.js";
import type { Connections } from "./connections.js";
import type { StoreReach } from "./key-reads.js";
import type { FromWorker } from "./worker-protocol.js";
import type { Advance } from "./write-group.js";

/** How often others' changes are looked for while somebody watches, and how often once none have come for a while. */
const busyPollMs = 5;
const idlePollMs = 50;
const idleAfterMs = 1_000;
/** How often the store is told that it is still there, while somebody watches. */
const confirmMs = 100;
/** How often a store that nobody watches is looked at: whether it was compacted or replaced. */
const restMs = 500;

interface ObserverHome {
  readonly runtime: Runtime;
  readonly send: (message: FromWorker) => void;
}

/** Notices what other connections do to the file, and tells the store how far it reaches. */
export class Observer implements Disposable {
  readonly #home: ObserverHome;
  readonly #connections: () => Connections;
  readonly #moved: () => void;
  readonly #timer: TimerHandle;
  #isWatching = false;
  #dataVersion = -1;
  #changedAt = 0;
  #told: StoreReach | undefined = undefined;
  #toldAt = 0;
  #placedAt = 0;

  constructor(home: ObserverHome, connections: () => Connections, moved: () => void) {
    this.#home = home;
    this.#connections = connections;
    this.#moved = moved;
    const poll = (): void => {
      this.#poll();
    };
    this.#timer = home.runtime.timer(restMs, poll, "sqlite poll");
  }

  setWatching(isWatching: boolean): void {
    this.#isWatching = isWatching;
    this.#changedAt = this.#home.runtime.now();
    this.#timer.reset(this.#pause());
  }

  /** Looks how far the store reaches now, and tells what is new. */
  look({ reader }: Connections): void {
    const { runtime, send } = this.#home;
    const now = runtime.now();
    const version = reader.dataVersion();
    const told = this.#told;
    if (version === this.#dataVersion && told !== undefined) {
      if (this.#isWatching && now - this.#toldAt >= confirmMs) this.#tell(told, now);
      return;
    }
    this.#dataVersion = version;
    this.#changedAt = now;
    const reach = reader.keys.reach();
    this.#tell(reach, now);
    if (told !== undefined && isAnother(told, reach)) send({ type: "replaced", reach });
  }

  /** The same where something else matters more than that it can't be read just now: it is looked at again soon. */
  tryToLook(connections: Connections): void {
    try {
      this.look(connections);
    } catch {
      // whoever calls next is told why; whoever watches waits
    }
  }

  /** Notes how far a transaction of this store's own has come, which is told with its answers. */
  advanced({ from, to }: Advance): void {
    if (this.#told !== undefined && isAnother(this.#told, from)) this.#home.send({ type: "replaced", reach: to });
    this.#told = to;
    this.#toldAt = this.#home.runtime.now();
  }

  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
  }

  #tell(reach: StoreReach, now: number): void {
    this.#told = reach;
    this.#toldAt = now;
    this.#home.send({ type: "reached", reach });
  }

  #poll(): void {
    try {
      const connections = this.#connections();
      if (this.#isMoved(connections)) return;
      this.look(connections);
    } catch {
      // as in `tryToLook`
    }
    this.#timer.reset(this.#pause());
  }

  /** Whether the file is gone from its path: then watches and leases end, and nothing is written any more. */
  #isMoved(connections: Connections): boolean {
    const now = this.#home.runtime.now();
    if (now - this.#placedAt < restMs) return false;
    this.#placedAt = now;
    if (connections.isCurrent()) return false;
    this.#moved();
    const { revision, compacted } = this.#told ?? { revision: 0, compacted: 0 };
    this.#home.send({ type: "replaced", reach: { revision, compacted } });
    return true;
  }

  #pause(): number {
    if (!this.#isWatching) return restMs;
    return this.#home.runtime.now() - this.#changedAt < idleAfterMs ? busyPollMs : idlePollMs;
  }
}

/** Whether what was found is no later state of the store that was known. */
function isAnother(known: StoreReach, found: StoreReach): boolean {
  return known.store !== found.store || known.revision > found.revision;
}
