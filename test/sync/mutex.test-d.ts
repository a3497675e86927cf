import { expectTypeOf, test } from "vitest";
import { Mutex, type MutexGuard } from "keelson/sync";

test("a mutex without a value is one of undefined", () => {
  expectTypeOf(new Mutex()).toEqualTypeOf<Mutex>();
  expectTypeOf(new Mutex(5)).toEqualTypeOf<Mutex<number>>();
  expectTypeOf(new Mutex("a").tryLock()).toEqualTypeOf<MutexGuard<string> | undefined>();
  // @ts-expect-error a value of the type is needed
  new Mutex<number>();
});
