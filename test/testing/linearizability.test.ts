import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type HistoryCall,
  type Item,
  type ListInput,
  type RegisterInput,
  type RegisterValue,
  type SequentialModel,
  checkLinearizable,
  listAppendModel,
  lockModel,
  queueModel,
  registerModel,
  setModel,
  virtualTime,
} from "keelson/testing";

/** A history as lines of `[from, to, input, output]`; without an output the call was never answered. */
function history<I, O>(
  ...lines: readonly (readonly [from: number, to: number, input: I, output?: O])[]
): HistoryCall<I, O>[] {
  return lines.map(([calledAt, returnedAt, input, output], client) =>
    output === undefined ? { client, input, calledAt } : { client, input, calledAt, output, returnedAt },
  );
}

function verdict<I, O, S>(
  model: SequentialModel<I, O, S>,
  ...lines: readonly (readonly [number, number, NoInfer<I>, NoInfer<O>?])[]
): string {
  return checkLinearizable(history(...lines), model).verdict;
}

const key = "x";
const read = { op: "read", key } as const;
const write = (value: number) => ({ op: "write", key, value }) as const;
const cas = (expected: number, value: number) => ({ op: "cas", key, expected, value }) as const;

describe("a register", () => {
  test("an empty history is linearizable", () => {
    expect(checkLinearizable([], registerModel)).toEqual({ verdict: "ok" });
  });

  test("calls that overlap may have happened in either order", () => {
    expect(verdict(registerModel, [0, 10, write(1), true], [1, 9, read, 1])).toBe("ok");
    expect(verdict(registerModel, [0, 10, write(1), true], [1, 9, read, null])).toBe("ok");
    expect(verdict(registerModel, [0, 10, write(1), true], [1, 4, read, 1], [5, 9, read, null])).toBe("illegal");
  });

  test("calls that touch overlap", () => {
    expect(verdict(registerModel, [0, 5, write(1), true], [5, 9, read, null])).toBe("ok");
    expect(verdict(registerModel, [0, 5, write(1), true], [6, 9, read, null])).toBe("illegal");
  });

  test("a stale read is illegal, and so is one of what was never written", () => {
    expect(verdict(registerModel, [0, 1, write(1), true], [2, 3, write(2), true], [4, 5, read, 1])).toBe("illegal");
    expect(verdict(registerModel, [0, 1, write(1), true], [4, 5, read, 7])).toBe("illegal");
  });

  test("of two that swap the same value one fails", () => {
    const first = [0, 1, write(1), true] as const;
    expect(verdict(registerModel, [...first], [2, 9, cas(1, 2), true], [3, 8, cas(1, 3), false])).toBe("ok");
    expect(verdict(registerModel, [...first], [2, 9, cas(1, 2), true], [3, 8, cas(1, 3), true])).toBe("illegal");
  });

  test("an update is not lost: what was read, raised and written twice is not once more", () => {
    const first = [0, 1, write(1), true] as const;
    const both = [
      [2, 3, read, 1],
      [2, 3, read, 1],
      [4, 6, cas(1, 2), true],
    ] as const;
    expect(verdict(registerModel, [...first], ...both, [5, 7, cas(1, 2), false], [8, 9, read, 2])).toBe("ok");
    expect(verdict(registerModel, [...first], ...both, [5, 7, cas(1, 2), true], [8, 9, read, 2])).toBe("illegal");
    expect(verdict(registerModel, [...first], ...both, [5, 7, write(3), true], [8, 9, read, 1])).toBe("illegal");
  });

  test("what was never answered may have happened, at any time since, or not at all", () => {
    const first = [0, 1, write(1), true] as const;
    expect(verdict(registerModel, [...first], [2, 0, write(2)], [3, 4, read, 1], [5, 6, read, 2])).toBe("ok");
    expect(verdict(registerModel, [...first], [2, 0, cas(1, 2)], [3, 4, read, 1])).toBe("ok");
    expect(verdict(registerModel, [...first], [2, 0, write(2)], [3, 4, read, 2], [5, 6, read, 1])).toBe("illegal");
    expect(verdict(registerModel, [...first], [7, 0, write(2)], [3, 4, read, 2])).toBe("illegal");
  });

  test("keys are looked at one by one, and the offending one is named", () => {
    const bad = history<RegisterInput, RegisterValue | boolean>([2, 3, { ...read, key: "y" }, 9]);
    const good = history<RegisterInput, RegisterValue | boolean>([0, 1, write(1), true]);
    expect(checkLinearizable([...good, ...bad], registerModel)).toEqual({
      verdict: "illegal",
      partition: "y",
      calls: bad,
    });
  });
});

describe("a lock", () => {
  const acquire = { op: "acquire", lock: "l" } as const;
  const release = (token: number) => ({ op: "release", lock: "l", token }) as const;
  const use = (token: number) => ({ op: "use", lock: "l", token }) as const;

  test("has one holder at a time, by growing tokens", () => {
    expect(verdict(lockModel, [0, 1, acquire, 5], [2, 3, release(5), true], [4, 5, acquire, 9])).toBe("ok");
    expect(verdict(lockModel, [0, 1, acquire, 5], [4, 5, acquire, 9])).toBe("illegal");
    expect(verdict(lockModel, [0, 1, acquire, 5], [2, 3, release(5), true], [4, 5, acquire, 5])).toBe("illegal");
    expect(verdict(lockModel, [0, 1, acquire, true])).toBe("illegal");
  });

  test("may be lost at any time where its lease can run out", () => {
    const granted = [0, 1, acquire, 5] as const;
    const expiry = [1, 0, release(5)] as const;
    expect(verdict(lockModel, [...granted], [...expiry], [4, 5, acquire, 9])).toBe("ok");
    expect(verdict(lockModel, [...granted], [...expiry], [4, 5, acquire, 9], [6, 7, release(5), false])).toBe("ok");
    expect(verdict(lockModel, [...granted], [...expiry], [4, 5, acquire, 9], [6, 7, release(5), true])).toBe("illegal");
  });

  test("keeps an older token out once a newer one was seen", () => {
    const two = [
      [0, 1, acquire, 5],
      [1, 0, release(5)],
      [2, 3, acquire, 9],
    ] as const;
    expect(verdict(lockModel, ...two, [4, 5, use(5), true], [6, 7, use(9), true])).toBe("ok");
    expect(verdict(lockModel, ...two, [4, 5, use(9), true], [6, 7, use(5), false])).toBe("ok");
    expect(verdict(lockModel, ...two, [4, 5, use(9), true], [6, 7, use(5), true])).toBe("illegal");
  });

  test("acquired without an answer may be held, or not", () => {
    expect(verdict(lockModel, [0, 0, acquire], [1, 2, acquire, 5])).toBe("ok");
    expect(verdict(lockModel, [0, 0, acquire], [1, 2, release(5), false], [3, 4, use(1), true])).toBe("ok");
  });
});

describe("a queue", () => {
  const enqueue = (item: number) => ({ op: "enqueue", queue: "q", item }) as const;
  const dequeue = { op: "dequeue", queue: "q" } as const;

  test("gives each item once, the first in first", () => {
    const two = [
      [0, 1, enqueue(1), true],
      [2, 3, enqueue(2), true],
    ] as const;
    const [one, other] = two;
    expect(verdict(queueModel, one, other, [4, 5, dequeue, 1], [6, 7, dequeue, 2], [8, 9, dequeue, null])).toBe("ok");
    expect(verdict(queueModel, one, other, [4, 5, dequeue, 2])).toBe("illegal");
    expect(verdict(queueModel, one, other, [4, 5, dequeue, 1], [6, 7, dequeue, 1])).toBe("illegal");
    expect(verdict(queueModel, one, other, [4, 5, dequeue, null])).toBe("illegal");
    expect(verdict(queueModel, one, other, [4, 0, dequeue], [6, 7, dequeue, 2])).toBe("ok");
    expect(verdict(queueModel, one, [2, 0, enqueue(2)], [4, 5, dequeue, 1], [6, 7, dequeue, 2])).toBe("ok");
    expect(verdict(queueModel, one, [2, 0, enqueue(2)], [4, 5, dequeue, 1], [6, 7, dequeue, null])).toBe("ok");
    expect(verdict(queueModel, one, other, [4, 0, dequeue], [6, 7, dequeue, null])).toBe("illegal");
    expect(verdict(queueModel, [0, 1, enqueue(1), false])).toBe("illegal");
  });
});

describe("a set", () => {
  const add = (item: number | string) => ({ op: "add", set: "s", item }) as const;
  const remove = (item: number) => ({ op: "remove", set: "s", item }) as const;
  const items = { op: "read", set: "s" } as const;

  test("loses nothing and invents nothing", () => {
    expect(
      verdict(setModel, [0, 1, add(2), true], [0, 1, add("1"), true], [0, 1, add(1), true], [2, 3, items, ["1", 1, 2]]),
    ).toBe("ok");
    expect(verdict(setModel, [0, 1, add(2), true], [2, 3, items, []])).toBe("illegal");
    expect(verdict(setModel, [0, 1, add(2), true], [2, 3, items, [2, 3]])).toBe("illegal");
    expect(verdict(setModel, [0, 1, add(2), true], [2, 3, items, true])).toBe("illegal");
    expect(
      verdict(setModel, [0, 1, add(2), true], [2, 3, add(2), false], [4, 5, remove(2), true], [6, 7, items, []]),
    ).toBe("ok");
    expect(verdict(setModel, [0, 1, add(2), true], [2, 3, add(2), true])).toBe("illegal");
    expect(verdict(setModel, [0, 0, add(2)], [2, 0, items], [4, 5, items, []], [6, 7, items, [2]])).toBe("ok");
  });
});

describe("a list", () => {
  const append = (item: number) => ({ op: "append", key, item }) as const;

  test("shows what was appended, in one order for all", () => {
    expect(verdict(listAppendModel, [0, 9, append(1), true], [0, 9, append(2), true], [10, 11, read, [2, 1]])).toBe(
      "ok",
    );
    const both = [
      [0, 9, append(1), true],
      [0, 9, append(2), true],
    ] as const;
    expect(verdict(listAppendModel, ...both, [10, 11, read, [2, 1]], [12, 13, read, [1, 2]])).toBe("illegal");
    expect(verdict(listAppendModel, ...both, [10, 11, read, [2]])).toBe("illegal");
    expect(verdict(listAppendModel, ...both, [10, 11, read, [1, 2, 1]])).toBe("illegal");
    expect(verdict(listAppendModel, [0, 0, append(1)], [1, 0, read], [2, 3, read, [1]])).toBe("ok");
  });

  test("has no cycle: one order explains who came before whom in time and who is before whom in the list", () => {
    const after = [
      [0, 1, append(1), true],
      [2, 3, append(2), true],
    ] as const;
    expect(verdict(listAppendModel, ...after, [4, 5, read, [1, 2]])).toBe("ok");
    expect(verdict(listAppendModel, ...after, [4, 5, read, [2, 1]])).toBe("illegal");
    const together = [
      [0, 9, append(1), true],
      [0, 9, append(2), true],
      [0, 9, append(3), true],
    ] as const;
    expect(verdict(listAppendModel, ...together, [1, 8, read, [2]], [1, 8, read, [2, 3]])).toBe("ok");
    expect(verdict(listAppendModel, ...together, [1, 8, read, [2, 1]], [1, 8, read, [2, 3]])).toBe("illegal");
    expect(verdict(listAppendModel, ...together, [1, 3, read, [2]], [4, 8, read, []])).toBe("illegal");
  });
});

describe("what the longest list that was read tells", () => {
  test("leaves one order of appends that all overlap to try", () => {
    const items = Array.from({ length: 30 }, (_, item) => (item * 7) % 30);
    const appends = items.map((_, item) => [0, 100, { op: "append", key, item }, true] as const);
    const calls = history<ListInput, true | readonly Item[]>(...appends, [200, 201, read, items]);
    expect(checkLinearizable(calls, listAppendModel, { maxStates: 100 }).verdict).toBe("ok");
  });

  test("changes no verdict", () => {
    const plain = { ...listAppendModel, refine: () => listAppendModel };
    const item = fc.integer({ min: 1, max: 3 });
    const answered = fc.oneof(
      fc.tuple(
        item.map((added) => ({ op: "append", key, item: added }) as const),
        fc.constant(true as const),
      ),
      fc.tuple(fc.constant(read), fc.array(item, { maxLength: 4 })),
    );
    const call = fc.tuple(fc.nat(12), fc.nat(6), answered, fc.boolean());
    const verdicts = new Set<string>();
    fc.assert(
      fc.property(fc.array(call, { maxLength: 6 }), (calls) => {
        const lines = calls.map(([at, took, [input, output], isLost]) =>
          isLost && input.op === "append" ? ([at, 0, input] as const) : ([at, at + took, input, output] as const),
        );
        const known = history<ListInput, true | readonly Item[]>(...lines);
        const expected = checkLinearizable(known, plain).verdict;
        verdicts.add(expected);
        expect(checkLinearizable(known, listAppendModel).verdict).toBe(expected);
      }),
      { numRuns: 2_000 },
    );
    expect([...verdicts].sort()).toEqual(["illegal", "ok"]);
  });
});

/** Appends that all overlap, and a read that no order explains: every order has to be tried. */
function explosion(calls: number, name = key): HistoryCall<ListInput, true | readonly Item[]>[] {
  const appends = Array.from(
    { length: calls },
    (_, item) => [0, 100, { op: "append", key: name, item }, true] as const,
  );
  return history<ListInput, true | readonly Item[]>(...appends, [200, 201, { op: "read", key: name }, []]);
}

describe("a search that explodes", () => {
  test("is given up at the limit of states", () => {
    expect(checkLinearizable(explosion(12), listAppendModel, { maxStates: 5_000 })).toEqual({ verdict: "unknown" });
  });

  test("is given up at the limit of time", () => {
    expect(checkLinearizable(explosion(12), listAppendModel, { timeoutMs: 0 })).toEqual({ verdict: "unknown" });
  });

  test("does not keep another partition from being found illegal", () => {
    const stale = history<ListInput, true | readonly Item[]>([0, 1, { op: "read", key: "other" }, [7]]);
    const found = checkLinearizable([...explosion(12), ...stale], listAppendModel, { maxStates: 50_000 });
    expect(found).toMatchObject({ verdict: "illegal", partition: "other" });
  });

  test("is bounded by states alone under virtual time", () => {
    using _time = virtualTime();
    expect(checkLinearizable(explosion(12), listAppendModel, { timeoutMs: 1, maxStates: 30_000 }).verdict).toBe(
      "unknown",
    );
  });

  test("comes to an end where it can", () => {
    expect(checkLinearizable(explosion(6), listAppendModel)).toMatchObject({ verdict: "illegal", partition: key });
  });
});

test("refuses what is no history and no limit", () => {
  expect(() => checkLinearizable(history<RegisterInput, RegisterValue>([5, 4, read, 1]), registerModel)).toThrow(
    RangeError,
  );
  expect(() => checkLinearizable([], registerModel, { maxStates: 0 })).toThrow("Expected `maxStates`");
  expect(() => checkLinearizable([], registerModel, { timeoutMs: -1 })).toThrow("Expected `timeoutMs`");
});

test("times that are no numbers are refused", () => {
  const write = { client: "a", input: { op: "write", key: "x", value: 1 }, output: true } as const;
  const check = (calledAt: number, returnedAt: number) => () =>
    checkLinearizable([{ ...write, calledAt, returnedAt }], registerModel);
  expect(check(Number.NaN, 1)).toThrow("Expected `calledAt` to be a number");
  expect(check(0, Number.NaN)).toThrow("Expected `returnedAt` to be a number");
});
