import { watch } from "keelson/channels";
import { TimeoutError } from "keelson/core";
import { virtualTime } from "keelson/testing";
import { describe, expect, expectTypeOf, test } from "vitest";
import { outcome } from "../support/outcome.js";

describe("a value", () => {
  test("counts as seen at first, and is seen by looking with take", async () => {
    const [tx, rx] = watch.channel("a");
    expect([rx.hasChanged(), rx.value, tx.value]).toEqual([false, "a", "a"]);
    expect(tx.send("b")).toBe(true);
    expect([rx.hasChanged(), rx.value, rx.hasChanged(), rx.peek()]).toEqual([
      true,
      "b",
      true,
      { value: "b", changed: true },
    ]);
    expect([rx.take(), rx.hasChanged()]).toEqual(["b", false]);
    rx.markChanged();
    expect([rx.hasChanged(), await rx.changed(), rx.hasChanged()]).toEqual([true, true, false]);
    tx.send("c");
    rx.markUnchanged();
    expect(rx.hasChanged()).toBe(false);
  });

  test("is not stored by send when there is no receiver, but by the others", () => {
    const tx = watch.sender(1);
    expect([tx.send(2), tx.value, tx.isClosed]).toEqual([false, 1, true]);
    expect([tx.sendReplace(3), tx.value]).toEqual([1, 3]);
    tx.update((n) => n + 1);
    expect(tx.value).toBe(4);
    const rx = tx.subscribe();
    expect([rx.hasChanged(), rx.value, tx.isClosed, tx.receiverCount]).toEqual([false, 4, false, 1]);
  });

  test("changes in place with sendModify; an error keeps the change and tells nobody", async () => {
    const [tx, rx] = watch.channel({ n: 1 });
    tx.sendModify((value) => {
      value.n = 2;
    });
    expect([await rx.changed(), rx.value]).toEqual([true, { n: 2 }]);
    expect(() => {
      tx.sendModify((value) => {
        value.n = 3;
        throw new Error("half way");
      });
    }).toThrow("half way");
    expect([rx.hasChanged(), rx.value]).toEqual([false, { n: 3 }]);
    expect(tx.sendIfModified(() => false)).toBe(false);
    expect(rx.hasChanged()).toBe(false);
    expect(tx.sendIfModified(() => true)).toBe(true);
    expect(rx.hasChanged()).toBe(true);
  });

  test("an error in update changes nothing", () => {
    const [tx, rx] = watch.channel(1);
    expect(() => {
      tx.update(() => {
        throw new Error("no");
      });
    }).toThrow("no");
    expect([rx.value, rx.hasChanged()]).toEqual([1, false]);
  });

  test("that equals the current one is dropped", () => {
    const [tx, rx] = watch.channel({ n: 1 }, { equals: (a, b) => a.n === b.n });
    expect(tx.send({ n: 1 })).toBe(true);
    expect(rx.hasChanged()).toBe(false);
    tx.update((value) => ({ ...value }));
    expect(rx.hasChanged()).toBe(false);
    tx.send({ n: 2 });
    expect(rx.hasChanged()).toBe(true);
  });
});

describe("waiting", () => {
  test("changed tells everybody who waits, once", async () => {
    const [tx, rx] = watch.channel(0);
    const other = rx.clone();
    expect([tx.receiverCount, tx.senderCount]).toEqual([2, 1]);
    const both = [rx.changed(), other.changed()];
    tx.send(1);
    tx.send(2);
    expect(await Promise.all(both)).toEqual([true, true]);
    expect([rx.value, rx.hasChanged(), other.hasChanged()]).toEqual([2, true, true]);
  });

  test("an unseen value comes before the end", async () => {
    const [tx, rx] = watch.channel(0);
    const clone = tx.clone();
    tx.send(1);
    tx.close();
    tx.close();
    expect(rx.isClosed).toBe(false);
    clone.close();
    expect([rx.isClosed, rx.hasChanged(), await rx.changed(), rx.hasChanged(), await rx.changed()]).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
    expect(rx.value).toBe(1);
  });

  test("the end reaches those who wait", async () => {
    const [tx, rx] = watch.channel(0);
    const waiting = rx.changed();
    tx.close();
    expect(await waiting).toBe(false);
  });

  test("waitFor looks at the current value first, even if seen", async () => {
    const [tx, rx] = watch.channel<string | number>("a");
    const narrowed = await rx.waitFor((value) => typeof value === "string");
    expectTypeOf(narrowed).toExtend<{ ok: true; value: string } | { ok: false }>();
    expect(narrowed).toEqual({ ok: true, value: "a" });
    const number = rx.waitFor((value): value is number => typeof value === "number");
    tx.send("b");
    await Promise.resolve();
    tx.send(7);
    expect(await number).toEqual({ ok: true, value: 7 });
    expect(rx.hasChanged()).toBe(false);
    const never = rx.waitFor((value) => value === "never");
    tx.send("last");
    tx.close();
    expect(await never).toEqual({ ok: false, reason: "closed" });
    expect(await rx.waitFor((value) => value === "last")).toEqual({ ok: true, value: "last" });
  });

  test("waitFor rejects with an error of the predicate, which never runs in the sender's turn", async () => {
    const [tx, rx] = watch.channel(0);
    let calls = 0;
    const waiting = outcome(
      rx.waitFor((value) => {
        calls += 1;
        if (value === 1) throw new Error("odd");
        return false;
      }),
    );
    tx.send(1);
    expect(calls).toBe(1);
    expect(await waiting).toMatchObject({ message: "odd" });
    expect(calls).toBe(2);
  });

  test("waitFor gives up by signal and by one deadline for all its rounds", async () => {
    using time = virtualTime();
    const [tx, rx] = watch.channel(0);
    expect(await outcome(rx.waitFor(() => true, { signal: AbortSignal.abort("no") }))).toBe("no");
    expect(await outcome(rx.waitFor(() => false, { timeout: 0 }))).toBeInstanceOf(TimeoutError);
    expect(await rx.waitFor(() => true, { timeout: 0 })).toEqual({ ok: true, value: 0 });
    const waiting = outcome(rx.waitFor(() => false, { timeout: "10s" }));
    await time.advance("6s");
    tx.send(1);
    await time.advance("4s");
    expect(await waiting).toEqual(new TimeoutError(10_000));
    const abort = new AbortController();
    const aborted = outcome(rx.waitFor((n) => n === 9, { signal: abort.signal }));
    abort.abort("gone");
    tx.send(9);
    expect(await aborted).toBe("gone");
    expect(rx.hasChanged()).toBe(true);
  });

  test("changed gives up without marking anything", async () => {
    const [tx, rx] = watch.channel(0);
    const abort = new AbortController();
    const waiting = outcome(rx.changed({ signal: abort.signal }));
    abort.abort("stop");
    tx.send(1);
    expect(await waiting).toBe("stop");
    expect(rx.hasChanged()).toBe(true);
  });
});

describe("handles", () => {
  test("the last receiver gone closes it; subscribing opens it again", async () => {
    const [tx, rx] = watch.channel(0);
    const gone = tx.closed();
    rx.close();
    rx[Symbol.dispose]();
    await gone;
    await tx.closed();
    expect([tx.isClosed, tx.send(1)]).toEqual([true, false]);
    const again = tx.subscribe();
    expect([tx.isClosed, tx.send(2), again.value]).toEqual([false, true, 2]);
    await expect(tx.closed({ timeout: 0 })).rejects.toThrow(TimeoutError);
  });

  test("closing a receiver ends its own waits only", async () => {
    const [tx, rx] = watch.channel(0);
    const other = rx.clone();
    const [mine, theirs] = [rx.changed(), other.changed()];
    rx.close();
    expect([await mine, rx.isClosed, rx.hasChanged(), await rx.changed()]).toEqual([false, true, false, false]);
    tx.send(1);
    expect(await theirs).toBe(true);
  });

  test("a clone has seen what its original has seen", () => {
    const [tx, rx] = watch.channel(0);
    tx.send(1);
    const clone = rx.clone();
    rx.take();
    expect([rx.hasChanged(), clone.hasChanged(), clone.clone().hasChanged()]).toEqual([false, true, true]);
    expect([clone.sameChannel(rx), rx.sameChannel(tx), rx.sameChannel(watch.sender(0))]).toEqual([true, true, false]);
  });

  test("a sender closed by its own hand may not be used", async () => {
    const [tx] = watch.channel(0);
    tx[Symbol.dispose]();
    for (const use of [
      () => tx.send(1),
      () => tx.sendReplace(1),
      () => tx.subscribe(),
      () => tx.clone(),
      () => tx.closing(),
      () => tx.sendIfModified(() => true),
    ]) {
      expect(use).toThrow(TypeError);
    }
    await expect(tx.closed()).rejects.toThrow(TypeError);
  });
});

describe("iterating", () => {
  test("gives the current value first, then changes", async () => {
    const [tx, rx] = watch.channel(0);
    const seen: number[] = [];
    for await (const value of rx) {
      seen.push(value);
      if (value < 3) tx.send(value + 1);
      else tx.close();
    }
    expect(seen).toEqual([0, 1, 2, 3]);
  });

  test("changes() leaves out what was seen", async () => {
    const [tx, rx] = watch.channel(0);
    const iterator = rx.changes()[Symbol.asyncIterator]();
    const first = iterator.next();
    tx.send(1);
    expect(await first).toEqual({ done: false, value: 1 });
    const abandoned = iterator.next();
    await iterator.return?.();
    expect(await abandoned).toEqual({ done: true, value: undefined });
    tx.send(2);
    expect(rx.hasChanged()).toBe(true);
  });

  test("keeps a value that has a then", async () => {
    const thenable = { then: () => expect.unreachable() };
    const [, rx] = watch.channel(thenable);
    for await (const value of rx) {
      expect(value === thenable).toBe(true);
      break;
    }
    const found = await rx.waitFor(() => true);
    expect(found.ok && found.value === thenable).toBe(true);
  });
});

test("waitFor without a predicate is refused by name, and marks nothing seen", async () => {
  const [tx, rx] = watch.channel(0);
  tx.send(1);
  await expect(rx.waitFor(undefined as never)).rejects.toThrow("Expected `accepts` to be a function, got `undefined`");
  expect(rx.hasChanged()).toBe(true);
});
