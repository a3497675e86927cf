import { type Compare, type KeyRange, type Op, type Txn, op, when } from "../store/index.js";

/** Mulberry32 (Tommy Ettinger, public domain): a generator that is the same in every host. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Random transactions and ranges over a few keys, so that they meet often. */
export class StoreChance {
  readonly #random: () => number;
  readonly #prefix: string;

  constructor(seed: number, prefix: string) {
    this.#random = seeded(seed);
    this.#prefix = prefix;
  }

  /** An integer from 0 up to but not including `below`. */
  below(below: number): number {
    return Math.floor(this.#random() * below);
  }

  key(): string {
    return `${this.#prefix}${"abcde".charAt(this.below(5))}${this.below(3)}`;
  }

  range(): KeyRange {
    const [a, b] = [this.key(), this.key()].sort() as [string, string];
    const prefix = a.slice(0, this.#prefix.length + this.below(2));
    const ranges: readonly KeyRange[] = [{ key: a }, { prefix }, { start: a, end: b }];
    return ranges[this.below(ranges.length)] ?? { prefix };
  }

  /** A mutation that no store refuses. */
  ops(): readonly Op[] {
    if (this.below(4) === 0) return [op.delete(this.range(), { prevKv: true })];
    const keys = new Set(Array.from({ length: 1 + this.below(3) }, () => this.key()));
    return [...keys].map((key) => (this.below(5) === 0 ? op.delete(key) : op.put(key, String(this.below(1_000)))));
  }

  /**
   * Conditions that are true about half of the time. No revision is below `base`, so that absent keys, whose revision is
   * 0, compare alike in stores of any age.
   */
  condition(base: number, latest: number): Compare {
    const about = when(this.key());
    const since = (back: number): number => Math.max(base, latest - this.below(back));
    const builders = [
      (): Compare => about.version("=", this.below(3)),
      (): Compare => about.version(">", this.below(2)),
      (): Compare => about.createRevision("<", since(10)),
      (): Compare => about.modRevision(">", since(20)),
      (): Compare => about.lease("="),
      (): Compare => about.value("!=", new Uint8Array(0)),
    ];
    return (builders[this.below(builders.length)] ?? (() => about.lease("=")))();
  }

  txn(base: number, latest: number): Txn {
    const conditions = Array.from({ length: this.below(3) }, () => this.condition(base, latest));
    const reads = [op.range(this.range()), op.range(this.range(), { limit: 1 + this.below(3) })];
    return { if: conditions, then: [...this.ops(), ...reads], else: this.below(2) === 0 ? reads : this.ops() };
  }
}
