import { hashText } from "../core/generator.js";

const kept = 50;

/** Where two runs of one seed part. */
export interface Divergence {
  readonly number: number;
  readonly first: string;
  readonly second: string;
}

/** What a trace says about one event. */
interface Columns {
  readonly times: number[];
  readonly hosts: number[];
  readonly labels: number[];
}

const bits: Float64Array<ArrayBuffer> = new Float64Array(1);
const words: Uint32Array<ArrayBuffer> = new Uint32Array(bits.buffer);

/** Words, numbered as they come, with their hashes: an event costs no string. */
class Lexicon {
  readonly texts: string[] = [];
  readonly hashes: number[] = [];
  readonly #numbers = new Map<string, number>();

  number(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    const number = this.texts.push(text) - 1;
    this.hashes.push(hashText(text));
    this.#numbers.set(text, number);
    return number;
  }
}

/** Every event, folded into a fingerprint; the last ones, or all when recording, as lines to read. */
export class Trace {
  length = 0;
  /** The first line in which it differs from the trace it is held against. */
  divergence: Divergence | undefined = undefined;
  readonly #lexicon = new Lexicon();
  readonly #columns: Columns = { times: [], hosts: [], labels: [] };
  readonly #keep: number;
  readonly #against: Trace | undefined;
  #high = 0x811c9dc5 | 0;
  #low = 0x9747b28c | 0;

  /** Keeps the last lines; all of them when `record` says so, which another trace may then be held `against`. */
  constructor({ record, against }: { readonly record: boolean; readonly against?: Trace | undefined }) {
    this.#keep = record ? Number.POSITIVE_INFINITY : kept;
    this.#against = against;
  }

  add(at: number, host: string, label: string): void {
    const hostNumber = this.#lexicon.number(host);
    const labelNumber = this.#lexicon.number(label);
    bits[0] = at;
    this.#fold(words[0] ?? 0);
    this.#fold(words[1] ?? 0);
    this.#fold(this.#lexicon.hashes[hostNumber] ?? 0);
    this.#fold(this.#lexicon.hashes[labelNumber] ?? 0);
    const { times, hosts, labels } = this.#columns;
    const place = this.length < this.#keep ? this.length : this.length % this.#keep;
    times[place] = at;
    hosts[place] = hostNumber;
    labels[place] = labelNumber;
    this.length += 1;
    if (this.#against !== undefined) this.#compare(this.#against, at, host, label);
  }

  get hash(): string {
    return [this.#high, this.#low].map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  }

  /** The last events, oldest first. */
  lastLines(): readonly string[] {
    const count = Math.min(this.length, kept);
    return Array.from({ length: count }, (_, index) => this.line(this.length - count + index));
  }

  /** One event, if it is still kept. */
  line(index: number): string {
    const { times, hosts, labels } = this.#columns;
    const place = Number.isFinite(this.#keep) ? index % this.#keep : index;
    const at = times[place];
    if (index >= this.length || at === undefined) return `#${index + 1} nothing: the run had ended`;
    const { texts } = this.#lexicon;
    return `#${index + 1}  ${formatMs(at)}  ${texts[hosts[place] ?? 0] ?? ""}  ${texts[labels[place] ?? 0] ?? ""}`;
  }

  /** Says that the run is over, so that a run shorter than the other is seen to differ. */
  end(): void {
    const other = this.#against;
    if (other === undefined || this.divergence !== undefined || other.length <= this.length) return;
    this.divergence = { number: this.length + 1, first: other.line(this.length), second: this.line(this.length) };
  }

  #compare(other: Trace, at: number, host: string, label: string): void {
    if (this.divergence !== undefined) return;
    const index = this.length - 1;
    if (other.#has(index, at, host, label)) return;
    this.divergence = { number: this.length, first: other.line(index), second: this.line(index) };
  }

  #has(index: number, at: number, host: string, label: string): boolean {
    const { times, hosts, labels } = this.#columns;
    const { texts } = this.#lexicon;
    return times[index] === at && texts[hosts[index] ?? -1] === host && texts[labels[index] ?? -1] === label;
  }

  /** Two FNV-like lanes; strong enough to tell runs apart, and it is no more than that. */
  #fold(word: number): void {
    this.#high = Math.imul(this.#high ^ word, 0x01000193);
    this.#high ^= this.#high >>> 15;
    this.#low = Math.imul((this.#low + word) | 0, 0x85ebca6b);
    this.#low ^= this.#low >>> 13;
  }
}

/** Milliseconds as a person reads them: `12.500 ms`, `3.214 s`. */
export function formatMs(ms: number): string {
  return ms < 1_000 ? `${ms.toFixed(3)} ms` : `${(ms / 1_000).toFixed(3)} s`;
}
