import { fc } from "@fast-check/vitest";
import { type Compare, type KeyRange, type Op, op, when } from "keelson/store";

/** Few keys, so that commands meet; one on each side of the surrogates. */
const keys = ["a", "a/1", "a/2", "b", "\uff5e", "\u{1f680}"] as const;
const anyKey: fc.Arbitrary<string> = fc.constantFrom(...keys);
const anyValue = fc.constantFrom("", "1", "2");
export const anyRange: fc.Arbitrary<KeyRange> = fc.oneof(
  anyKey.map((key) => ({ key })),
  fc.constantFrom("", "a", "a/", "\u{1f680}").map((prefix) => ({ prefix })),
  fc.tuple(anyKey, anyKey).map(([start, end]) => ({ start, end })),
  anyKey.map((start) => ({ start })),
);
const anyComparison = fc.constantFrom("=", "!=", "<", ">");
const back = fc.nat({ max: 12 });

/** Conditions name revisions by how far back they are, though not before the oldest, leases by which one it is. */
export type Resolve<T> = (revision: number, leaseIds: readonly string[], oldest: number) => T;
const anyCondition: fc.Arbitrary<Resolve<Compare>> = fc.oneof(
  fc.tuple(anyKey, anyComparison, fc.nat({ max: 3 })).map(
    ([key, is, n]) =>
      () =>
        when(key).version(is, n),
  ),
  fc.tuple(anyKey, anyComparison, back).map(
    ([key, is, ago]) =>
      (now: number, _ids: readonly string[], oldest: number) =>
        when(key).createRevision(is, Math.max(oldest, now - ago)),
  ),
  fc.tuple(anyKey, anyComparison, back).map(
    ([key, is, ago]) =>
      (now: number, _ids: readonly string[], oldest: number) =>
        when(key).modRevision(is, Math.max(oldest, now - ago)),
  ),
  fc.tuple(anyKey, fc.constantFrom("=", "!="), anyValue).map(
    ([key, is, value]) =>
      () =>
        when(key).value(is, new TextEncoder().encode(value)),
  ),
  fc.tuple(anyKey, fc.constantFrom("=", "!="), fc.nat({ max: 3 })).map(
    ([key, is, n]) =>
      (_now: number, ids: readonly string[]) =>
        when(key).lease(is, ids[n]),
  ),
);
const anyOp: fc.Arbitrary<Resolve<Op>> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(anyKey, anyValue, fc.nat({ max: 4 }))
      .map(([key, value, n]) => (_now: number, ids: readonly string[]) => {
        const lease = ids[n];
        return op.put(key, value, lease === undefined ? {} : { lease });
      }),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(anyRange, fc.boolean()).map(
      ([range, prevKv]) =>
        () =>
          op.delete(range, { prevKv }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(anyRange, fc.integer({ min: 1, max: 4 })).map(
      ([range, limit]) =>
        () =>
          op.range(range, { limit }),
    ),
  },
);
export const anyBranch: fc.Arbitrary<Resolve<Op>[]> = fc.array(anyOp, { maxLength: 3 });

/** What is asked of a store and its model. */
export type Command =
  | {
      readonly type: "txn";
      readonly if: Resolve<Compare>[];
      readonly then: Resolve<Op>[];
      readonly else: Resolve<Op>[];
    }
  | {
      readonly type: "range";
      readonly range: KeyRange;
      readonly ago: number | undefined;
      readonly limit: number;
      readonly reverse: boolean;
    }
  | { readonly type: "get"; readonly key: string; readonly ago: number | undefined }
  | { readonly type: "compact"; readonly ago: number }
  | { readonly type: "grant" }
  | { readonly type: "revoke" | "keepAlive"; readonly lease: number }
  | { readonly type: "pass"; readonly seconds: number }
  | { readonly type: "watch"; readonly range: KeyRange; readonly ago: number; readonly stops: number };

const maybeBack = fc.option(back, { nil: undefined });
/** Commands over a few keys, of which many meet. */
export const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      type: fc.constant("txn"),
      if: fc.array(anyCondition, { maxLength: 2 }),
      then: anyBranch,
      else: anyBranch,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant("range"),
      range: anyRange,
      ago: maybeBack,
      limit: fc.integer({ min: 1, max: 7 }),
      reverse: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("get"), key: anyKey, ago: maybeBack }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("compact"), ago: back }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("grant") }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom("revoke", "keepAlive"), lease: fc.nat({ max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("pass"), seconds: fc.integer({ min: 1, max: 8 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant("watch"), range: anyRange, ago: back, stops: fc.nat({ max: 3 }) }),
  },
);

/** Comparable whatever class its bytes are of. */
export function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, part: unknown) =>
      part instanceof Uint8Array ? Buffer.from(part).toString("latin1") : part,
    ),
  );
}
