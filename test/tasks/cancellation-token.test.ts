import { describe, expect, test } from "vitest";
import { PENDING } from "keelson/core";
import { CancellationToken, CancelledError } from "keelson/tasks";
import { virtualTime } from "keelson/testing";
import { sleep } from "keelson/time";
import { armed } from "../support/armed.js";
import { settled } from "../support/settled.js";

test("cancelling reaches everything below, and nothing above", () => {
  const root = new CancellationToken();
  const child = root.childToken();
  const grandchild = child.childToken();
  const sibling = root.childToken();
  child.cancel("stop");
  expect([root, child, grandchild, sibling].map(({ isCancelled }) => isCancelled)).toEqual([false, true, true, false]);
  expect(grandchild.reason).toBe("stop");
  root.cancel();
  expect(sibling.reason).toBeInstanceOf(CancelledError);
  expect(child.reason).toBe("stop");
  expect(root.childToken().isCancelled).toBe(true);
});

test("the signal says the same, whenever it is read", () => {
  const token = new CancellationToken();
  const early = token.signal;
  const child = token.childToken();
  token.cancel("now");
  token.cancel("again");
  expect([early.aborted, early.reason, child.signal.reason, token.signal === early]).toEqual([
    true,
    "now",
    "now",
    true,
  ]);
});

test("listeners see the whole tree cancelled", () => {
  const root = new CancellationToken();
  const child = root.childToken();
  const seen: boolean[] = [];
  root.signal.addEventListener("abort", () => seen.push(child.isCancelled, root.childToken().isCancelled));
  root.cancel();
  expect(seen).toEqual([true, true]);
});

test("a disposed child is on its own, and is not kept", () => {
  const root = new CancellationToken();
  const child = root.childToken();
  child[Symbol.dispose]();
  child[Symbol.dispose]();
  root.cancel();
  expect(child.isCancelled).toBe(false);
  child.cancel();
  expect(child.isCancelled).toBe(true);
});

test("a tree deeper than the stack is cancelled", () => {
  const root = new CancellationToken();
  let leaf = root;
  for (let depth = 0; depth < 20_000; depth++) leaf = leaf.childToken();
  root.cancel();
  expect(leaf.isCancelled).toBe(true);
});

test("a signal above it cancels it, until it is disposed", () => {
  const controller = new AbortController();
  const token = new CancellationToken({ signal: controller.signal });
  const disposed = new CancellationToken({ signal: controller.signal });
  disposed[Symbol.dispose]();
  controller.abort("above");
  expect([token.reason, disposed.isCancelled]).toEqual(["above", false]);
  expect(new CancellationToken({ signal: controller.signal }).reason).toBe("above");
});

test("cancelled() resolves, for all who wait and at once afterwards", async () => {
  const token = new CancellationToken();
  const waiting = Promise.all([token.cancelled(), token.childToken().cancelled()]);
  const controller = new AbortController();
  const gone = token.cancelled({ signal: controller.signal });
  controller.abort("left");
  await expect(gone).rejects.toBe("left");
  expect(await settled(waiting)).toBe(false);
  token.cancel();
  await waiting;
  await token.cancelled({ timeout: 0 });
});

test("it is a branch", () => {
  const token = new CancellationToken();
  const source = token["~source"];
  expect(source.poll()).toBe(PENDING);
  const branch = armed(source);
  const gone = armed(source);
  source.disarm(gone.waiter);
  token.cancel();
  expect([branch.values.length, gone.values.length, source.poll()]).toEqual([1, 0, undefined]);
});

test("a guard cancels when disposed, unless disarmed", () => {
  const token = new CancellationToken();
  {
    using guard = token.dropGuard();
    expect(guard.token).toBe(token);
    expect(guard.disarm()).toBe(token);
  }
  expect(token.isCancelled).toBe(false);
  {
    using _guard = token.dropGuard();
  }
  expect(token.isCancelled).toBe(true);
});

describe("runUntilCancelled", () => {
  test("gives the result, or says cancelled", async () => {
    using time = virtualTime();
    const token = new CancellationToken();
    expect(await token.runUntilCancelled(() => Promise.resolve(1))).toEqual({ ok: true, value: 1 });
    await expect(token.runUntilCancelled(() => Promise.reject(new RangeError("r")))).rejects.toThrow(RangeError);
    let inner: AbortSignal | undefined;
    const running = token.runUntilCancelled((context) => {
      inner = context.signal;
      return sleep("1h", context);
    });
    token.cancel("enough");
    expect(await running).toEqual({ ok: false, reason: "cancelled" });
    expect(inner?.reason).toBe("enough");
    await time.runUntilIdle(0);
    expect(time.failures).toEqual([]);
  });

  test("a token cancelled before beats a ready value", async () => {
    const token = new CancellationToken();
    token.cancel();
    let ran = false;
    expect(await token.runUntilCancelled(() => (ran = true))).toEqual({ ok: false, reason: "cancelled" });
    expect(ran).toBe(false);
  });

  test("a value that is there when it is cancelled wins", async () => {
    const token = new CancellationToken();
    let resolve: (value: string) => void = () => undefined;
    const running = token.runUntilCancelled(() => new Promise<string>((settle) => (resolve = settle)));
    resolve("there");
    token.cancel();
    expect(await running).toEqual({ ok: true, value: "there" });
    const other = new CancellationToken();
    const self = other.runUntilCancelled(() => {
      other.cancel();
      return "ready";
    });
    expect(await self).toEqual({ ok: true, value: "ready" });
  });

  test("an operation on the token's own signal counts as cancelled", async () => {
    const token = new CancellationToken();
    const running = token.runUntilCancelled(() => sleep("1h", { signal: token.signal }));
    token.cancel();
    expect(await running).toEqual({ ok: false, reason: "cancelled" });
  });

  test("an operation that cancels and goes on is given up", async () => {
    const token = new CancellationToken();
    const running = token.runUntilCancelled(() => {
      token.cancel();
      return new Promise<never>(() => undefined);
    });
    expect(await running).toEqual({ ok: false, reason: "cancelled" });
  });

  test("a late failure is reported", async () => {
    using time = virtualTime();
    const token = new CancellationToken();
    const running = token.runUntilCancelled(() => sleep(10).then(() => Promise.reject(new Error("late"))));
    token.cancel();
    await running;
    await time.advance(10);
    expect(time.failures).toEqual([{ error: new Error("late"), task: "runUntilCancelled" }]);
  });

  test("what is no operation is refused by name", async () => {
    const token = new CancellationToken();
    const refused = "Expected `operation` to be a function, got `undefined`";
    await expect(token.runUntilCancelled(undefined as never)).rejects.toThrow(refused);
  });
});
