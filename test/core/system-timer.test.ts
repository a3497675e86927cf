import { describe, expect, test } from "vitest";
import type { Host } from "../../src/core/host.js";
import { SystemTimer } from "../../src/core/system-timer.js";

interface Timeout {
  readonly fn: () => void;
  readonly due: number;
  isRef: boolean;
  ref(): void;
  unref(): void;
}

/** A host whose timeouts fire when the test says so, up to `early` ms before their time as Node's do. */
class FakeHost implements Host {
  clock = 0;
  readonly timeouts: Set<Timeout> = new Set<Timeout>();
  longest = 0;
  readonly early: number;

  constructor(early = 0) {
    this.early = early;
  }

  readonly setTimeout = (fn: () => void, ms: number): unknown => {
    this.longest = Math.max(this.longest, ms);
    const timeout: Timeout = {
      fn,
      due: this.clock + ms,
      isRef: true,
      ref: () => (timeout.isRef = true),
      unref: () => (timeout.isRef = false),
    };
    this.timeouts.add(timeout);
    return timeout;
  };
  readonly clearTimeout = (handle: unknown): void => void this.timeouts.delete(handle as Timeout);
  readonly performance = { now: (): number => this.clock };
  readonly Date = { now: (): number => this.clock };

  run(until: number): void {
    for (;;) {
      const [next] = [...this.timeouts].sort((a, b) => a.due - b.due);
      if (next === undefined || next.due - this.early > until) break;
      this.clock = Math.max(this.clock, next.due - this.early);
      this.timeouts.delete(next);
      next.fn();
    }
    this.clock = Math.max(this.clock, until);
  }
}

/** A timer that writes down when it fired. */
function set(host: FakeHost, ms: number): { readonly timer: SystemTimer; readonly fired: number[] } {
  const fired: number[] = [];
  return { timer: new SystemTimer(host, ms, () => fired.push(host.clock)), fired };
}

test("never early, though the host is", () => {
  const host = new FakeHost(0.7);
  const { fired } = set(host, 10);
  host.run(9.9);
  expect(fired).toEqual([]);
  host.run(20);
  expect(fired).toHaveLength(1);
  expect(fired[0]).toBeGreaterThanOrEqual(10);
});

test("longer than the host's timers can", () => {
  const host = new FakeHost();
  const month = 31 * 86_400_000;
  const { fired } = set(host, month);
  host.run(month - 1);
  expect(fired).toEqual([]);
  expect(host.longest).toBeLessThanOrEqual(2 ** 31 - 1);
  host.run(month);
  expect(fired).toEqual([month]);
});

test("infinity is never, keeps the process alive, and can be reset", () => {
  const host = new FakeHost();
  const { timer, fired } = set(host, Number.POSITIVE_INFINITY);
  host.run(2 ** 33);
  expect([...host.timeouts].map(({ isRef }) => isRef)).toEqual([true]);
  expect(fired).toEqual([]);
  timer.reset(5);
  host.run(2 ** 33 + 5);
  expect(fired).toEqual([2 ** 33 + 5]);
});

describe("reset", () => {
  test("back costs the host nothing until the old time comes", () => {
    const host = new FakeHost();
    const { timer, fired } = set(host, 10);
    const [timeout] = host.timeouts;
    host.run(5);
    for (let count = 0; count < 100; count++) timer.reset(10);
    expect([...host.timeouts]).toEqual([timeout]);
    host.run(14);
    expect(fired).toEqual([]);
    host.run(15);
    expect(fired).toEqual([15]);
  });

  test("forward fires earlier", () => {
    const host = new FakeHost();
    const { timer, fired } = set(host, 100);
    timer.reset(10);
    host.run(200);
    expect(fired).toEqual([10]);
  });

  test("after it fired, or from within, sets it anew", () => {
    const host = new FakeHost();
    const fired: number[] = [];
    const timer = new SystemTimer(host, 10, () => {
      if (fired.push(host.clock) === 1) timer.reset(10);
    });
    host.run(50);
    expect(fired).toEqual([10, 20]);
    timer.reset(5);
    host.run(100);
    expect(fired).toEqual([10, 20, 55]);
  });
});

test("disposed it does not fire, until it is reset", () => {
  const host = new FakeHost();
  const { timer, fired } = set(host, 10);
  timer[Symbol.dispose]();
  timer[Symbol.dispose]();
  expect(host.timeouts.size).toBe(0);
  host.run(20);
  timer.reset(5);
  host.run(30);
  expect(fired).toEqual([25]);
});

test("unref holds for timeouts set later, too", () => {
  const host = new FakeHost();
  const { timer } = set(host, 10);
  const isRef = (): boolean[] => [...host.timeouts].map((timeout) => timeout.isRef);
  timer.unref();
  expect(isRef()).toEqual([false]);
  timer.reset(5);
  expect(isRef()).toEqual([false]);
  timer.ref();
  expect(isRef()).toEqual([true]);
  timer[Symbol.dispose]();
  timer.unref();
  timer.ref();
});
