import { context } from "../core/context.js";
import { InvariantError } from "./errors.js";
import { formatMs } from "./trace.js";

type Predicate = () => boolean;

/** By when a property must have come true. */
export interface EventuallyOptions {
  /** Within this many milliseconds of its registration. */
  readonly within: number | undefined;
  /** Within this many milliseconds of the last fault, and again after each. */
  readonly afterHeal: number | undefined;
}

interface Pending {
  readonly name: string;
  readonly predicate: Predicate;
  readonly afterHeal: number | undefined;
  /** What its time limit is called. */
  readonly limit: string;
  deadline: number;
  isMet: boolean;
}

/** What must hold always, what must come true, what was seen, and what the test waits for. */
export class Properties {
  readonly seen: Record<string, number> = {};
  readonly #now: () => number;
  readonly #isWhole: () => boolean;
  readonly #invariants: { readonly name: string; readonly predicate: Predicate }[] = [];
  #pending: Pending[] = [];
  #awaited: { readonly predicate: Predicate; readonly resolve: () => void }[] = [];

  /** `isWhole` says whether no fault is going on. */
  constructor(now: () => number, isWhole: () => boolean) {
    this.#now = now;
    this.#isWhole = isWhole;
  }

  always(name: string, predicate: Predicate): void {
    this.#invariants.push({ name, predicate });
  }

  eventually(name: string, predicate: Predicate, { within, afterHeal }: EventuallyOptions): void {
    const now = this.#now();
    const limits = [
      ...(within === undefined ? [] : [`within ${formatMs(within)}`]),
      ...(afterHeal === undefined ? [] : [`within ${formatMs(afterHeal)} of the last fault`]),
    ];
    const deadline = Math.min(now + (within ?? Number.POSITIVE_INFINITY), this.#healDeadline(now, afterHeal));
    const limit = limits.length === 0 ? "by the end" : limits.join(" and ");
    this.#pending.push({ name, predicate, afterHeal, limit, deadline, isMet: false });
  }

  sometimes(name: string, condition: boolean): void {
    this.seen[name] = (this.seen[name] ?? 0) + (condition ? 1 : 0);
  }

  /** Resolves, by calling `resolve`, once the predicate holds. */
  until(predicate: Predicate, resolve: () => void): () => void {
    const entry = { predicate, resolve };
    this.#awaited.push(entry);
    return () => {
      this.#awaited = this.#awaited.filter((other) => other !== entry);
    };
  }

  /** A fault began or ended: what must hold after healing must come true once more. */
  disturbed(): void {
    const now = this.#now();
    for (const pending of this.#pending) {
      if (pending.afterHeal === undefined) continue;
      pending.isMet = false;
      pending.deadline = this.#healDeadline(now, pending.afterHeal);
    }
  }

  /** Looks at everything once; throws what is broken. */
  check(): void {
    for (const { name, predicate } of this.#invariants) {
      const threw = (cause: unknown): Error => new InvariantError(name, { cause });
      if (!ask(`always "${name}"`, predicate, threw)) throw new InvariantError(name);
    }
    for (const pending of this.#pending)
      if (!pending.isMet && this.#counts(pending))
        pending.isMet = ask(`eventually "${pending.name}"`, pending.predicate);
    for (const entry of this.#awaited) {
      if (!ask("until", entry.predicate)) continue;
      this.#awaited = this.#awaited.filter((other) => other !== entry);
      entry.resolve();
    }
  }

  /** The next instant at which something not met is late. */
  nextDeadline(): number {
    return this.#pending.reduce(
      (least, { isMet, deadline }) => (isMet ? least : Math.min(least, deadline)),
      Number.POSITIVE_INFINITY,
    );
  }

  get isSatisfied(): boolean {
    return this.#pending.every(({ isMet }) => isMet);
  }

  /** What has not come true though its time is over, or the run is. */
  unmet(isOver: boolean): string | undefined {
    const late = this.#pending.find(({ isMet, deadline }) => !isMet && (isOver || deadline <= this.#now()));
    if (late === undefined) return undefined;
    const why =
      late.afterHeal !== undefined && !this.#isWhole()
        ? ": the network or a host was left faulty, so it was never judged; heal it, or use `within`"
        : "";
    return `eventually "${late.name}" did not come true ${late.limit}${why}`;
  }

  #healDeadline(now: number, afterHeal: number | undefined): number {
    return afterHeal === undefined || !this.#isWhole() ? Number.POSITIVE_INFINITY : now + afterHeal;
  }

  #counts({ afterHeal }: Pending): boolean {
    return afterHeal === undefined || this.#isWhole();
  }
}

/** What a predicate says. A promise is no answer: it would count as true. */
export function ask(
  whose: string,
  predicate: Predicate,
  threw: (error: unknown) => Error = (error) => context(error, `the predicate of ${whose} failed`),
): boolean {
  let said: unknown;
  try {
    said = predicate();
  } catch (error) {
    throw threw(error);
  }
  if (!(said instanceof Promise)) return said as boolean;
  said.catch(() => undefined);
  throw new TypeError(
    `Expected the predicate of ${whose} to answer at once, got a promise: let a host note what it reads`,
  );
}
