import type { KeyBounds } from "../../key-bounds.js";
import { compareKeys } from "../../key-order.js";
import type { Slot } from "./version.js";

/** A chunk is split above this; half of it moves on an insertion, which the machine does in a fraction of a µs. */
const longestChunk = 512;

/** Slots in the order of their keys: a sorted list of sorted chunks, found by bisection. */
export class SlotList {
  readonly #chunks: Slot[][] = [];

  add(slot: Slot): void {
    const at = this.#chunkOf(slot.key);
    const chunk = this.#chunks[at];
    if (chunk === undefined) {
      this.#chunks.push([slot]);
      return;
    }
    chunk.splice(firstNotBelow(chunk, slot.key), 0, slot);
    if (chunk.length > longestChunk) this.#chunks.splice(at + 1, 0, chunk.splice(chunk.length >> 1));
  }

  delete(slot: Slot): void {
    const at = this.#chunkOf(slot.key);
    const chunk = this.#chunks[at];
    if (chunk === undefined) return;
    const index = firstNotBelow(chunk, slot.key);
    if (chunk[index] !== slot) return;
    chunk.splice(index, 1);
    if (chunk.length === 0) this.#chunks.splice(at, 1);
  }

  /** Calls `visit` for each slot from `start` up to but not including `end`, in order. */
  forEach({ start, end }: KeyBounds, visit: (slot: Slot) => void): void {
    let at = this.#chunkOf(start);
    let index = firstNotBelow(this.#chunks[at] ?? [], start);
    for (let chunk = this.#chunks[at]; chunk !== undefined; chunk = this.#chunks[at]) {
      const last = chunk[chunk.length - 1];
      const whole = end === undefined || (last !== undefined && compareKeys(last.key, end) < 0);
      const stop = whole ? chunk.length : firstNotBelow(chunk, end);
      for (; index < stop; index += 1) {
        const slot = chunk[index];
        if (slot !== undefined) visit(slot);
      }
      if (!whole) return;
      at += 1;
      index = 0;
    }
  }

  /** The last chunk that begins at or before `key`, or the first. */
  #chunkOf(key: string): number {
    let low = 0;
    let high = this.#chunks.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (compareKeys(this.#chunks[middle]?.[0]?.key ?? "", key) <= 0) low = middle;
      else high = middle;
    }
    return low;
  }
}

function firstNotBelow(chunk: readonly Slot[], key: string): number {
  let low = 0;
  let high = chunk.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareKeys(chunk[middle]?.key ?? "", key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
