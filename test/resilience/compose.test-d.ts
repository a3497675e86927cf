import { expectTypeOf, test } from "vitest";
import {
  type Coalesce,
  type Policy,
  coalesce,
  compose,
  fallback,
  limit,
  retry,
  retryPolicy,
  timeoutPolicy,
} from "keelson/resilience";

test("a policy answers with what the function answers, or what a fallback does", () => {
  expectTypeOf(retry(() => 1)).toEqualTypeOf<Promise<number>>();
  expectTypeOf(retry(() => Promise.resolve("a"))).toEqualTypeOf<Promise<string>>();
  expectTypeOf(retryPolicy().execute(() => 1)).toEqualTypeOf<Promise<number>>();
  expectTypeOf(fallback(() => null).execute(() => 1)).toEqualTypeOf<Promise<number | null>>();
  expectTypeOf(compose(timeoutPolicy(1), retryPolicy())).toEqualTypeOf<Policy>();
  const covered = compose(
    fallback(() => null),
    retryPolicy(),
    fallback(() => Promise.resolve("x" as const)),
  );
  expectTypeOf(covered).toEqualTypeOf<Policy<null | "x">>();
  expectTypeOf(covered.execute(() => 1)).toEqualTypeOf<Promise<number | null | "x">>();
  // @ts-expect-error -- nothing to compose
  compose();
});

test("limit and coalesce keep their types", () => {
  expectTypeOf(limit(1)(() => 1)).toEqualTypeOf<Promise<number>>();
  expectTypeOf(coalesce<string, number>()).toEqualTypeOf<Coalesce<string, number>>();
});
