import { inRange } from "../../key-bounds.js";
import type { KeyRange } from "../../key-range.js";
import type { Revision } from "../../key-value.js";

/** A watch that has caught up, as the hub sees it. */
export interface Subscriber<C> {
  readonly range: KeyRange;
  /** Takes a matching change; tells whether it is the first of its revision. */
  offer(change: C): boolean;
  /** Called once a revision is complete; answers where to resume if it had to give up on its consumer. */
  flush(): Revision | undefined;
  /** Ends the watch. */
  end(outcome: { readonly error: unknown } | undefined): void;
}

/**
 * The watches that wait for changes, found by the key that changed: a write costs what its own watches cost, however
 * many others there are. Ranges that are neither a key nor a prefix are rare, and looked through one by one.
 */
export class WatchHub<C> {
  readonly #keyOf: (change: C) => string;
  readonly #keys = new Map<string, Set<Subscriber<C>>>();
  readonly #prefixes = new Map<string, Set<Subscriber<C>>>();
  /** How many distinct prefixes there are of each length. */
  readonly #lengths = new Map<number, number>();
  readonly #others = new Set<Subscriber<C>>();
  #size = 0;

  constructor(keyOf: (change: C) => string) {
    this.#keyOf = keyOf;
  }

  get size(): number {
    return this.#size;
  }

  add(subscriber: Subscriber<C>): void {
    this.#size += 1;
    const { range } = subscriber;
    if ("key" in range) addTo(this.#keys, range.key, subscriber);
    else if ("start" in range) this.#others.add(subscriber);
    else if (addTo(this.#prefixes, range.prefix, subscriber)) this.#countLength(range.prefix.length, 1);
  }

  delete(subscriber: Subscriber<C>): void {
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

  /** Hands out the changes of one revision; answers where lagging watches should resume. */
  publish(changes: Iterable<C>): readonly Revision[] {
    if (this.#size === 0) return [];
    const touched: Subscriber<C>[] = [];
    const offer = (subscriber: Subscriber<C>, change: C): void => {
      if (subscriber.offer(change)) touched.push(subscriber);
    };
    for (const change of changes) this.#match(change, offer);
    return touched.flatMap((subscriber) => subscriber.flush() ?? []);
  }

  /** Ends every watch that waits here. */
  close(error: unknown): void {
    const sets = [...this.#keys.values(), ...this.#prefixes.values(), this.#others];
    for (const subscriber of sets.flatMap((set) => [...set])) subscriber.end({ error });
  }

  #match(change: C, offer: (subscriber: Subscriber<C>, change: C) => void): void {
    const key = this.#keyOf(change);
    for (const subscriber of this.#keys.get(key) ?? []) offer(subscriber, change);
    for (const length of this.#lengths.keys()) {
      if (length > key.length) continue;
      for (const subscriber of this.#prefixes.get(key.slice(0, length)) ?? []) offer(subscriber, change);
    }
    for (const subscriber of this.#others) if (inRange(key, subscriber.range)) offer(subscriber, change);
  }

  #countLength(length: number, by: 1 | -1): void {
    const count = (this.#lengths.get(length) ?? 0) + by;
    if (count === 0) this.#lengths.delete(length);
    else this.#lengths.set(length, count);
  }
}

/** Tells whether the set is new. */
function addTo<C>(sets: Map<string, Set<Subscriber<C>>>, key: string, subscriber: Subscriber<C>): boolean {
  const set = sets.get(key);
  if (set === undefined) sets.set(key, new Set([subscriber]));
  else set.add(subscriber);
  return set === undefined;
}

/** Tells whether the set is gone. */
function deleteFrom<C>(sets: Map<string, Set<Subscriber<C>>>, key: string, subscriber: Subscriber<C>): boolean {
  const set = sets.get(key);
  set?.delete(subscriber);
  return set?.size === 0 && sets.delete(key);
}
