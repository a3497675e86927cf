import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { LinkedSignal } from "../../src/core/linked-signal.js";

test("it aborts with the first of its parents, with the reason", () => {
  const [a, b] = [new AbortController(), new AbortController()];
  const linked = new LinkedSignal(a.signal, undefined, b.signal);
  const { signal } = linked;
  expect([linked.isAborted, signal.aborted]).toEqual([false, false]);
  b.abort("b");
  a.abort("a");
  expect([linked.isAborted, signal.aborted, signal.reason]).toEqual([true, true, "b"]);
  expect(linked.signal).toBe(signal);
});

test("it listens to nobody before it is read", () => {
  const parent = new AbortController();
  const linked = new LinkedSignal(parent.signal);
  expect(getEventListeners(parent.signal, "abort")).toHaveLength(0);
  parent.abort("early");
  expect([linked.isAborted, linked.signal.aborted, linked.signal.reason]).toEqual([true, true, "early"]);
});

test("it aborts on its own, before or after it is read", () => {
  const before = new LinkedSignal();
  before.abort("x");
  before.abort("y");
  expect([before.isAborted, before.signal.reason]).toEqual([true, "x"]);
  const after = new LinkedSignal(new AbortController().signal);
  const { signal } = after;
  after.abort("z");
  expect(signal.reason).toBe("z");
});

test("disposed, it is off its parents", () => {
  const parent = new AbortController();
  const read = new LinkedSignal(parent.signal);
  const { signal } = read;
  const unread = new LinkedSignal(parent.signal);
  read[Symbol.dispose]();
  unread[Symbol.dispose]();
  parent.abort();
  expect([signal.aborted, read.isAborted, unread.signal.aborted, unread.isAborted]).toEqual([
    false,
    false,
    false,
    false,
  ]);
  read.abort("own");
  expect(signal.reason).toBe("own");
});
