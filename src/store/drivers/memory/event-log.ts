import type { Revision } from "../../key-value.js";
import type { Version } from "./version.js";

/** Every retained change, oldest first; the changes of one revision stand together. */
export class EventLog {
  #entries: Version[] = [];

  get length(): number {
    return this.#entries.length;
  }

  push(version: Version): void {
    this.#entries.push(version);
  }

  at(index: number): Version | undefined {
    return this.#entries[index];
  }

  /** The changes from `index` on. */
  *since(index: number): Generator<Version> {
    for (let at = index, version = this.at(at); version !== undefined; at += 1, version = this.at(at)) yield version;
  }

  /** Index of the first change at or after `revision`. */
  indexOf(revision: Revision): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#entries[middle]?.modRevision ?? 0) < revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Forgets the changes up to and including `revision`, and returns them. */
  take(revision: Revision): readonly Version[] {
    return this.#entries.splice(0, this.indexOf(revision + 1));
  }
}
