import { inRange } from "../../key-bounds.js";
import type { KeyRange } from "../../key-range.js";
import type { Revision } from "../../key-value.js";
import type { EventLog } from "./event-log.js";
import type { Version } from "./version.js";

/** A watch that has caught up, as the hub sees it. */
export interface Subscriber {
  readonly range: KeyRange;
  /** Takes a matching change; tells whether it is the first of its revision. */
  offer(version: Version): boolean;
  /** Called once a revision is complete; answers where to resume if it had to give up on its consumer. */
  flush(): Revision | undefined;
  /** Ends the watch. */
  end(outcome: { readonly error: unknown } | undefined): void;
}

/**
 * The watches that wait for changes, found by the key that changed: a write costs what its own watches cost, however
 * many others there are. Ranges that are neither a key nor a prefix are rare, and looked through one by one.
 */
export class WatchHub {
  readonly #keys = new Map<string, Set<Subscriber>>();
  readonly #prefixes = new Map<string, Set<Subscriber>>();
  /** How many distinct prefixes there are of each length. */
  readonly #lengths = new Map<number, number>();
  readonly #others = new Set<Subscriber>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(subscriber: Subscriber): void {
    this.#size += 1;
    const { range } = subscriber;
    if ("key" in range) addTo(this.#keys, range.key, subscriber);
    else if ("start" in range) this.#others.add(subscriber);
    else if (addTo(this.#prefixes, range.prefix, subscriber)) this.#countLength(range.prefix.length, 1);
  }

  delete(subscriber: Subscriber): void {
    const { range } = subscriber;
    if ("key" in range) {
      if (!this.#keys.get(range.key)?.has(subscriber)) return;
      deleteFrom(this.#keys, range.key, subscriber);
    } else if ("start" in range) {
      if (!this.#others.delete(subscriber)) return;
    } else {
      if (!this.#prefixes.get(range.prefix)?.has(subscriber)) return;
      if (deleteFrom(this.#prefixes, range.prefix, subscriber)) this.#countLength(range.prefix.length, -1);
    }
    this.#size -= 1;
  }

  /** Hands out the changes of one revision, from `index` of the log on; answers where lagging watches should resume. */
  publish(log: EventLog, index: number): readonly Revision[] {
    if (this.#size === 0) return [];
    const touched: Subscriber[] = [];
    const offer = (subscriber: Subscriber, version: Version): void => {
      if (subscriber.offer(version)) touched.push(subscriber);
    };
    for (let at = index, version = log.at(at); version !== undefined; at += 1, version = log.at(at)) {
      this.#match(version, offer);
    }
    return touched.flatMap((subscriber) => subscriber.flush() ?? []);
  }

  /** Ends every watch that waits here. */
  close(error: unknown): void {
    const sets = [...this.#keys.values(), ...this.#prefixes.values(), this.#others];
    for (const subscriber of sets.flatMap((set) => [...set])) subscriber.end({ error });
  }

  #match(version: Version, offer: (subscriber: Subscriber, version: Version) => void): void {
    const { key } = version.slot;
    for (const subscriber of this.#keys.get(key) ?? []) offer(subscriber, version);
    for (const length of this.#lengths.keys()) {
      if (length > key.length) continue;
      for (const subscriber of this.#prefixes.get(key.slice(0, length)) ?? []) offer(subscriber, version);
    }
    for (const subscriber of this.#others) if (inRange(key, subscriber.range)) offer(subscriber, version);
  }

  #countLength(length: number, by: 1 | -1): void {
    const count = (this.#lengths.get(length) ?? 0) + by;
    if (count === 0) this.#lengths.delete(length);
    else this.#lengths.set(length, count);
  }
}

/** Tells whether the set is new. */
function addTo(sets: Map<string, Set<Subscriber>>, key: string, subscriber: Subscriber): boolean {
  const set = sets.get(key);
  if (set === undefined) sets.set(key, new Set([subscriber]));
  else set.add(subscriber);
  return set === undefined;
}

/** Tells whether the set is gone. */
function deleteFrom(sets: Map<string, Set<Subscriber>>, key: string, subscriber: Subscriber): boolean {
  const set = sets.get(key);
  set?.delete(subscriber);
  return set?.size === 0 && sets.delete(key);
}
