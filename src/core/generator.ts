/**
 * A seeded generator of random numbers: sfc32 (Chris Doty-Humphrey, public domain), in integers only, so that every
 * engine draws the same.
 *
 * @internal
 */
export class Generator {
  readonly #seed: number;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number) {
    const next = splitMix(seed);
    this.#seed = next();
    this.#a = this.#seed;
    this.#b = next();
    this.#c = next();
    for (let warmUp = 0; warmUp < 12; warmUp += 1) this.uint32();
  }

  /** A generator of its own for one concern: what it draws depends on seed and name, not on what was drawn before. */
  fork(concern: string): Generator {
    return new Generator((this.#seed ^ hashText(concern)) >>> 0);
  }

  uint32(): number {
    const mixed = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + mixed) | 0;
    return mixed >>> 0;
  }

  /** A number in [0, 1). */
  next(): number {
    return this.uint32() / 2 ** 32;
  }

  /** An integer from 0 to below `n`. */
  below(n: number): number {
    return Math.floor(this.next() * n);
  }

  between(min: number, max: number): number {
    return min + this.next() * (max - min);
  }

  /** True with this probability; draws nothing when it is certain. */
  chance(probability: number): boolean {
    return probability > 0 && (probability >= 1 || this.next() < probability);
  }

  /** An id in the shape of a version 4 UUID. */
  uuid(): string {
    const hex = [0, 1, 2, 3].map(() => this.uint32().toString(16).padStart(8, "0")).join("");
    const variant = "89ab".charAt(Number.parseInt(hex.charAt(16), 16) & 3);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
  }
}

/** Integers from one seed, each well mixed: Chris Wellons' `lowbias32` over a Weyl sequence. */
function splitMix(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
}

/** FNV-1a over the text's code units. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}
