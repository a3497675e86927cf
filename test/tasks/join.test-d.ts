import { expectTypeOf, test } from "vitest";
import { join, tryJoin } from "keelson/tasks";

test("results of async functions are what they resolve to", async () => {
  const reads = [(): Promise<number> => Promise.resolve(1)];
  expectTypeOf(await join(reads)).toEqualTypeOf<number[]>();
  expectTypeOf(await tryJoin(reads)).toEqualTypeOf<number[]>();
  const mixed = await join([() => 1, async () => Promise.resolve("two" as string)]);
  expectTypeOf(mixed).toEqualTypeOf<readonly [1, string]>();
  const both = await tryJoin([({ signal }) => signal.aborted, () => Promise.resolve(new Date())]);
  expectTypeOf(both).toEqualTypeOf<readonly [boolean, Date]>();
  expectTypeOf(await join<[number, string]>([() => 1, () => Promise.resolve("two")])).toEqualTypeOf<[number, string]>();
});
