import { fullCapabilities } from "../store/index.js";
import { Emitter } from "../core/index.js";
import type { StateStore, StoreCapabilities, StoreEvents, WatchBatch } from "../store/index.js";
import { checkKnown, checkOneOf } from "../core/check.js";
import { asText } from "./as-text.js";
import { type Expected, MockExpectation, MockSequence, type MockedMethod, often } from "./mock-store-expectation.js";

const methods: readonly MockedMethod[] = ["get", "range", "txn", "watch", "grantLease", "compact", "health", "close"];

/** A store that answers as it was told, and nothing else. */
export interface MockStore extends StateStore, Disposable {
  /** The store's events, to be emitted by the test. */
  readonly events: Emitter<StoreEvents>;
  /** Expects a call; by default once, with any arguments, in any order. */
  expect<M extends MockedMethod>(method: M): MockExpectation<M>;
  /** An order that several expectations can be put into. */
  sequence(): MockSequence;
  /**
   * Asserts that all expectations were met, and forgets them. Disposing the store does the same.
   *
   * @throws Error naming each one that was not, and each call that was not expected.
   */
  checkpoint(): void;
}

/** What {@link mockStore} is made of. */
export interface MockStoreOptions {
  /** What the store declares. @defaultValue every feature; 128 operations; 1 MiB */
  readonly capabilities?: Partial<StoreCapabilities>;
}

/**
 * A store of strict expectations: a call that was not expected fails, and so does the test in which an expected call
 * never came.
 *
 * @remarks
 * A call goes to the first expectation, in the order in which they were made, that its arguments fit and that still
 * takes calls. The error of an unexpected call names the expectation that came nearest. Without an answer a call
 * gives `undefined`, which is right for `compact` and `close` only, and a watch ends at once. An unexpected call fails
 * the checkpoint too, in case the code under test swallows its error.
 *
 * @example
 * ```ts
 * import { mockStore } from "keelson/testing";
 *
 * using store = mockStore();
 * store.expect("get").with("/plan").returning({ revision: 7 });
 * await store.get("/plan") // => { revision: 7 }
 * ```
 */
export function mockStore(options: MockStoreOptions = {}): MockStore {
  checkKnown("options", options, { capabilities: true });
  const { capabilities = {} } = options;
  checkKnown("capabilities", capabilities, fullCapabilities);
  let expectations: Expected[] = [];
  let surprises: string[] = [];

  /** The expectation whose call it is. */
  const expected = (method: MockedMethod, args: readonly unknown[]): Expected => {
    const own = expectations.find((each) => each.method === method && each.refusal(args) === undefined);
    if (own !== undefined) return own;
    const surprise = describeSurprise(method, args, expectations);
    surprises.push(surprise);
    throw new Error(surprise);
  };
  // The answer's type is the expectation's business: `MockedAnswer` is what `returning` takes.
  const answered = async <T>(method: MockedMethod, args: readonly unknown[]): Promise<T> =>
    (await expected(method, args).answer(args)) as T;
  const checkpoint = (): void => {
    const missing = expectations.filter(({ isMet }) => !isMet);
    const failures = [
      ...surprises,
      ...missing.map((each) => `Expected ${each.describe()}, but it was called ${often(each.calls)}`),
    ];
    expectations = [];
    surprises = [];
    if (failures.length > 0) throw new Error(failures.join("\n"));
  };

  return {
    capabilities: { ...fullCapabilities, ...capabilities },
    events: new Emitter<StoreEvents>(),
    expect: (method) => {
      checkOneOf("method", method, methods);
      const expectation = new MockExpectation(method);
      expectations.push(expectation);
      return expectation;
    },
    sequence: () => new MockSequence(),
    checkpoint,
    [Symbol.dispose]: checkpoint,
    get: (...args) => answered("get", args),
    range: (...args) => answered("range", args),
    txn: (...args) => answered("txn", args),
    watch: (...args) => watched(expected("watch", args), args),
    grantLease: (...args) => answered("grantLease", args),
    compact: (...args) => answered("compact", args),
    health: () => answered("health", []),
    close: () => answered("close", []),
  };
}

/** A watch as it was told to be; like a store's, it fails when its batches are taken. */
function watched(expectation: Expected, args: readonly unknown[]): AsyncIterable<WatchBatch> {
  const answer = (async () => (await expectation.answer(args)) as Iterable<WatchBatch> | undefined)();
  answer.catch(() => undefined); // it may never be iterated
  return (async function* () {
    yield* (await answer) ?? [];
  })();
}

function describeSurprise(method: MockedMethod, args: readonly unknown[], expectations: readonly Expected[]): string {
  const call = `${method}(${args.map(asText).join(", ")})`;
  const nearest = nearestTo(
    call,
    args,
    expectations.filter((each) => each.method === method),
  );
  if (nearest === undefined) return `Expected no call of ${method}, got ${call}`;
  return `Unexpected ${call}; the nearest expectation is ${nearest.describe()}: ${nearest.refusal(args) ?? "it fits"}`;
}

/** One that fits but takes no more calls, else the one whose description has most in common with the call. */
function nearestTo(call: string, args: readonly unknown[], candidates: readonly Expected[]): Expected | undefined {
  const common = (each: Expected): number => {
    const other = each.describe();
    let length = 0;
    while (length < call.length && call[length] === other[length]) length += 1;
    return length;
  };
  const [first, ...others] = candidates;
  if (first === undefined) return undefined;
  return (
    candidates.findLast((each) => each.fits(args)) ??
    others.reduce((best, each) => (common(each) > common(best) ? each : best), first)
  );
}
