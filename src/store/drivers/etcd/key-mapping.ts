import { keyBounds } from "../../key-bounds.js";
import { compareKeys } from "../../key-order.js";
import type { KeyRange } from "../../key-range.js";

/** A range as etcd takes it: without an end it is one key, and the end `"\0"` is beyond every key. */
export interface EtcdRange {
  readonly key: string;
  readonly rangeEnd: string;
}

const beyondAll = "\0";
/** No store can write this key. */
const nothing: EtcdRange = { key: "\0", rangeEnd: "" };

/** Puts a store's keys under a prefix of the cluster's, and takes it off again. */
export class KeyMapping {
  readonly #prefix: string;
  readonly #end: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
    this.#end = keyBounds({ prefix }).end ?? beyondAll;
  }

  /** A key that no store can write, but whoever may read this store's may read. */
  get unused(): string {
    return `${this.#prefix}\0`;
  }

  toEtcd(key: string): string {
    return this.#prefix + key;
  }

  fromEtcd(key: string): string {
    return key.slice(this.#prefix.length);
  }

  range(range: KeyRange): EtcdRange {
    if ("key" in range) return { key: this.toEtcd(range.key), rangeEnd: "" };
    const { start, end } = keyBounds(range);
    const key = this.#prefix + start || "\0"; // etcd wants a key, and this one is the first
    if (end === undefined) return { key, rangeEnd: this.#end };
    const rangeEnd = this.#prefix + end;
    return compareKeys(key, rangeEnd) < 0 ? { key, rangeEnd } : nothing;
  }
}
