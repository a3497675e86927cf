import type { HistoryCall, SequentialModel } from "./linearizability-model.js";

/** A call or a return, in a list ordered by time from which both are lifted while the call counts as done. */
interface Entry<I, O> {
  readonly id: number;
  readonly call: HistoryCall<I, O>;
  /** The entry of the return; absent from the list of a call that was never answered. */
  readonly match: Entry<I, O> | undefined;
  readonly isCall: boolean;
  prev: Entry<I, O> | undefined;
  next: Entry<I, O> | undefined;
}

interface Frame<I, O, S> {
  readonly entry: Entry<I, O>;
  readonly state: S;
}

const bitsPerUnit = 16;

/**
 * The search for an order of one partition's calls that explains their answers: Wing and Gong's, with Lowe's memory of
 * what was tried. It runs in slices, so that many partitions take turns: one that explodes does not keep another from
 * being found illegal.
 */
export class OrderSearch<I, O, S> {
  readonly #model: SequentialModel<I, O, S>;
  readonly #head: Entry<I, O>;
  readonly #done: Uint16Array;
  readonly #tried = new Set<string>();
  readonly #stack: Frame<I, O, S>[] = [];
  #state: S;
  #at: Entry<I, O> | undefined;
  /** Calls with an answer that are still to be explained; those without one may be left over. */
  #unexplained: number;

  constructor(model: SequentialModel<I, O, S>, calls: readonly HistoryCall<I, O>[]) {
    this.#model = model;
    this.#state = model.initial;
    this.#done = new Uint16Array(Math.ceil(calls.length / bitsPerUnit));
    this.#unexplained = calls.filter(({ returnedAt }) => returnedAt !== undefined).length;
    this.#head = linked(calls);
    this.#at = this.#head.next;
  }

  /** States remembered so far. */
  get states(): number {
    return this.#tried.size;
  }

  /** Takes that many steps; tells whether there is an order, once that is known. */
  run(steps: number): boolean | undefined {
    for (let step = 0; step < steps; step += 1) {
      if (this.#unexplained === 0) return true;
      if (this.#at?.isCall === true) this.#tryCall(this.#at);
      else if (!this.#backtrack()) return false;
    }
    return undefined;
  }

  #tryCall(entry: Entry<I, O>): void {
    const { call } = entry;
    const next = this.#model.step(this.#state, call.input, call.output);
    if (next === undefined || !this.#isNew(entry, next.state)) {
      this.#at = entry.next;
      return;
    }
    this.#stack.push({ entry, state: this.#state });
    this.#state = next.state;
    this.#flip(entry.id);
    if (entry.match !== undefined) this.#unexplained -= 1;
    lift(entry);
    this.#at = this.#head.next;
  }

  /** Takes back the last call that was tried; `false` when there is none. */
  #backtrack(): boolean {
    const frame = this.#stack.pop();
    if (frame === undefined) return false;
    const { entry } = frame;
    this.#state = frame.state;
    this.#flip(entry.id);
    if (entry.match !== undefined) this.#unexplained += 1;
    putBack(entry);
    this.#at = entry.next;
    return true;
  }

  /** Whether having done this call too, in that state, is worth a try. */
  #isNew(entry: Entry<I, O>, state: S): boolean {
    const key = this.#model.key(state);
    // What was never answered and would change nothing need not have happened at all.
    if (entry.match === undefined && key === this.#model.key(this.#state)) return false;
    this.#flip(entry.id);
    const tried = String.fromCharCode(...this.#done) + key;
    this.#flip(entry.id);
    if (this.#tried.has(tried)) return false;
    this.#tried.add(tried);
    return true;
  }

  #flip(id: number): void {
    const unit = Math.floor(id / bitsPerUnit);
    this.#done[unit] = (this.#done[unit] ?? 0) ^ (1 << (id % bitsPerUnit));
  }
}

/** Calls and returns by time, behind a head; on equal times calls come first, so that touching calls overlap. */
function linked<I, O>(calls: readonly HistoryCall<I, O>[]): Entry<I, O> {
  const timed = calls.flatMap((call, id) => {
    const links = { id, call, prev: undefined, next: undefined };
    const match = call.returnedAt === undefined ? undefined : { ...links, isCall: false, match: undefined };
    const entry: Entry<I, O> = { ...links, isCall: true, match };
    const start = { at: call.calledAt, entry };
    return match === undefined ? [start] : [start, { at: call.returnedAt ?? 0, entry: match }];
  });
  timed.sort((a, b) => a.at - b.at || Number(b.entry.isCall) - Number(a.entry.isCall));
  const [first] = calls;
  const head = { id: -1, call: first, isCall: false, match: undefined, prev: undefined, next: undefined } as Entry<
    I,
    O
  >;
  let last = head;
  for (const { entry } of timed) {
    last.next = entry;
    entry.prev = last;
    last = entry;
  }
  return head;
}

function lift<I, O>(entry: Entry<I, O>): void {
  unlink(entry);
  if (entry.match !== undefined) unlink(entry.match);
}

/** Undoes {@link lift}, which is right as long as lifts are undone in the opposite order. */
function putBack<I, O>(entry: Entry<I, O>): void {
  if (entry.match !== undefined) relink(entry.match);
  relink(entry);
}

function unlink<I, O>({ prev, next }: Entry<I, O>): void {
  if (prev !== undefined) prev.next = next;
  if (next !== undefined) next.prev = prev;
}

function relink<I, O>(entry: Entry<I, O>): void {
  if (entry.prev !== undefined) entry.prev.next = entry;
  if (entry.next !== undefined) entry.next.prev = entry;
}
