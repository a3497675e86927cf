import { checkInteger } from "../core/check.js";
import type { Lease, StateStore, WatchBatch } from "../store/index.js";
import { asText } from "./as-text.js";

/** The methods that can be expected. */
export type MockedMethod = "get" | "range" | "txn" | "watch" | "grantLease" | "compact" | "health" | "close";

/** What a method is called with. */
export type MockedArguments<M extends MockedMethod> = Parameters<StateStore[M]>;

/** What a method answers, without the promise around it; a watch may be answered with a list of its batches. */
export type MockedAnswer<M extends MockedMethod> = M extends "grantLease"
  ? Lease
  : M extends "watch"
    ? Iterable<WatchBatch> | AsyncIterable<WatchBatch>
    : Awaited<ReturnType<StateStore[M]>>;

/** How often a call is expected: exactly, or within bounds. */
export type Times = number | { readonly min?: number; readonly max?: number };

/**
 * Expectations that must be met in the order in which they were put into it.
 *
 * @example
 * ```ts
 * import { mockStore } from "keelson/testing";
 *
 * using store = mockStore();
 * const order = store.sequence();
 * store.expect("health").inSequence(order).returning({ status: "pass" });
 * store.expect("close").inSequence(order);
 * await store.health();
 * await store.close();
 * ```
 */
export class MockSequence {
  readonly #expectations: Expected[] = [];

  /** @internal */
  add(expectation: Expected): void {
    this.#expectations.push(expectation);
  }

  /** The expectation that has yet to be met before this one may be called. @internal */
  blocking(expectation: Expected): Expected | undefined {
    const place = this.#expectations.indexOf(expectation);
    return this.#expectations.slice(0, place).find((earlier) => !earlier.isMet);
  }

  /** Whether a later one has been called, after which this one may not be. @internal */
  isOver(expectation: Expected): boolean {
    const place = this.#expectations.indexOf(expectation);
    return this.#expectations.slice(place + 1).some((later) => later.calls > 0);
  }
}

/** Decides whether arguments are the expected ones: a function of them, or values that are compared deeply. */
export type Matcher<A extends readonly unknown[]> = (...args: A) => boolean;

/** An expectation, whichever method it is about. @internal */
export interface Expected {
  readonly method: MockedMethod;
  readonly calls: number;
  readonly isMet: boolean;
  readonly isFull: boolean;
  /** Whether it is about these arguments. */
  fits(args: readonly unknown[]): boolean;
  /** Why a call is not its own, or `undefined` if it is. */
  refusal(args: readonly unknown[]): string | undefined;
  /** Answers a call of its own. */
  answer(args: readonly unknown[]): unknown;
  describe(): string;
}

/**
 * What a mocked store is told to expect; each method returns the expectation itself.
 *
 * @example
 * ```ts
 * import { mockStore } from "keelson/testing";
 *
 * using store = mockStore();
 * store.expect("get").with("/plan").times({ max: 2 }).returning({ revision: 7 });
 * await store.get("/plan"); // => { revision: 7 }
 * ```
 */
export class MockExpectation<M extends MockedMethod> {
  /** The method that is expected. */
  readonly method: M;
  /** How many calls it has answered. */
  calls = 0;
  #min = 1;
  #max = 1;
  #matches: { readonly test: (args: readonly unknown[]) => boolean; readonly shown: string } | undefined = undefined;
  #answer: ((...args: MockedArguments<M>) => MockedAnswer<M> | Promise<MockedAnswer<M>>) | undefined = undefined;
  #sequence: MockSequence | undefined = undefined;

  constructor(method: M) {
    this.method = method;
  }

  /** Only with these arguments, compared deeply; those left out at the end don't matter. A function decides itself. */
  with(...expected: Partial<MockedArguments<M>> | [Matcher<MockedArguments<M>>]): this {
    const [first] = expected;
    if (typeof first === "function") {
      const matcher = first as unknown as (...args: readonly unknown[]) => boolean;
      this.#matches = { test: (args) => matcher(...args), shown: "what a function accepts" };
    } else {
      const wanted = expected as readonly unknown[];
      this.#matches = {
        test: (args) => wanted.every((value, index) => asText(value) === asText(args[index])),
        shown: wanted.map(asText).join(", "),
      };
    }
    return this;
  }

  /**
   * This often: a number, or bounds, of which either may be left out. @defaultValue `1`
   *
   * @throws RangeError when that is no number of calls, or `max` is less than `min`.
   */
  times(times: Times): this {
    const { min = 0, max = Number.POSITIVE_INFINITY } = typeof times === "number" ? { min: times, max: times } : times;
    checkInteger("times.min", min, 0);
    if (max !== Number.POSITIVE_INFINITY) checkInteger("times.max", max, min);
    this.#min = min;
    this.#max = max;
    return this;
  }

  /** Not at all. */
  never(): this {
    return this.times(0);
  }

  /** Answers with this value, or with what the function makes of the arguments. */
  returning(
    answer: MockedAnswer<M> | ((...args: MockedArguments<M>) => MockedAnswer<M> | Promise<MockedAnswer<M>>),
  ): this {
    this.#answer =
      typeof answer === "function"
        ? (answer as (...args: MockedArguments<M>) => MockedAnswer<M> | Promise<MockedAnswer<M>>)
        : () => answer;
    return this;
  }

  /** Fails with this error. */
  throwing(error: unknown): this {
    this.#answer = () => {
      throw error;
    };
    return this;
  }

  /** Only in the order of the sequence. */
  inSequence(sequence: MockSequence): this {
    this.#sequence = sequence;
    sequence.add(this);
    return this;
  }

  /** @internal */
  get isMet(): boolean {
    return this.calls >= this.#min;
  }

  /** @internal */
  get isFull(): boolean {
    return this.calls >= this.#max;
  }

  /** @internal */
  fits(args: readonly unknown[]): boolean {
    return this.#matches === undefined || this.#matches.test(args);
  }

  /** @internal */
  refusal(args: readonly unknown[]): string | undefined {
    if (!this.fits(args)) return `it is expected with ${this.#matches?.shown ?? "anything"}`;
    if (this.isFull) return `it is expected ${this.#often()}, and has been called ${often(this.calls)}`;
    const blocking = this.#sequence?.blocking(this);
    if (blocking !== undefined) return `it is expected after ${blocking.describe()}`;
    if (this.#sequence?.isOver(this) === true) return "its turn in the sequence is over";
    return undefined;
  }

  /** @internal */
  answer(args: readonly unknown[]): unknown {
    this.calls += 1;
    if (this.#answer === undefined) return undefined;
    return this.#answer(...(args as MockedArguments<M>));
  }

  /** @internal */
  describe(): string {
    return `${this.method}(${this.#matches?.shown ?? "anything"}) ${this.#often()}`;
  }

  #often(): string {
    if (this.#min === this.#max) return often(this.#min);
    return this.#max === Number.POSITIVE_INFINITY
      ? `at least ${often(this.#min)}`
      : `${this.#min} to ${this.#max} times`;
  }
}

/** A number of calls, in words. */
export function often(count: number): string {
  if (count === 0) return "never";
  return count === 1 ? "once" : `${count} times`;
}
