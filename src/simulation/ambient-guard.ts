import timers from "node:timers";
import timersPromises from "node:timers/promises";
import { syncBuiltinESMExports } from "node:module";
import { sleepOn } from "../core/sleep.js";
import type { TimerHandle } from "../core/runtime.js";
import { AmbientUseError } from "./errors.js";
import type { HostRuntime } from "./host-runtime.js";
import type { World } from "./world.js";

/**
 * What happens when a host asks the real world for time or chance (`setTimeout`, `Date.now`, `Math.random`, …): it
 * throws, with the stack; it is given the host's virtual one; or it is left alone.
 */
export type AmbientUse = "throw" | "virtual" | "allow";

type Call = (...args: never[]) => unknown;

/** A function of the real world, and what a host gets in its place. */
interface Guarded {
  readonly owner: object;
  readonly key: string;
  /** As it reads in an error. */
  readonly name: string;
  readonly virtual: (runtime: HostRuntime, ...args: never[]) => unknown;
}

// What keelson is built on reads clocks without acting on them, and gets virtual ones; test runners do act in real time.
const ours = /[\\/]node_modules[\\/](?:p-retry|p-limit|eventemitter3|mitt)[\\/]/;
const runners =
  /[\\/]node_modules[\\/](?:vitest|@vitest|jest[^\\/]*|@jest|expect|chai|fast-check|@fast-check|tsx)[\\/]|\(?node:/;

/** Stands between the hosts of a world and the real world's clocks, timers and chance until disposed. */
export function guardAmbient(use: AmbientUse, world: World): Disposable {
  if (use === "allow") return { [Symbol.dispose]: () => undefined };
  const undo = guardedCalls().map(({ owner, key, name, virtual }) =>
    replace(owner, key, (original) => guard(use, world, name, original, virtual)),
  );
  undo.push(replaceDate(use, world));
  if (use === "virtual") undo.push(...["clearTimeout", "clearInterval", "clearImmediate"].map(clearVirtual));
  syncBuiltinESMExports();
  return {
    [Symbol.dispose]: () => {
      for (const restore of undo.reverse()) restore();
      syncBuiltinESMExports();
    },
  };
}

function guardedCalls(): readonly Guarded[] {
  const later =
    (label: string, repeats: boolean) =>
    (runtime: HostRuntime, fn: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): VirtualTimeout =>
      new VirtualTimeout(runtime, label, fn, ms, args, repeats);
  const soon = (runtime: HostRuntime, fn: (...args: unknown[]) => void, ...args: unknown[]): VirtualTimeout =>
    new VirtualTimeout(runtime, "setImmediate", fn, 0, args, false);
  const timeouts: readonly Guarded[] = [globalThis, timers].flatMap((owner) => [
    { owner, key: "setTimeout", name: "setTimeout()", virtual: later("setTimeout", false) },
    { owner, key: "setInterval", name: "setInterval()", virtual: later("setInterval", true) },
    { owner, key: "setImmediate", name: "setImmediate()", virtual: soon },
  ]);
  const promised = (runtime: HostRuntime, ms = 0, value?: unknown, options?: { signal?: AbortSignal }): unknown =>
    sleepOn(runtime, ms, options).then(() => value);
  return [
    ...timeouts,
    { owner: timersPromises, key: "setTimeout", name: "setTimeout() of node:timers/promises", virtual: promised },
    {
      owner: timersPromises,
      key: "setImmediate",
      name: "setImmediate() of node:timers/promises",
      virtual: (runtime, value?: unknown) => runtime.yieldNow().then(() => value),
    },
    { owner: performance, key: "now", name: "performance.now()", virtual: (runtime) => runtime.now() },
    { owner: Math, key: "random", name: "Math.random()", virtual: (runtime) => runtime.random() },
    { owner: crypto, key: "randomUUID", name: "crypto.randomUUID()", virtual: (runtime) => runtime.id() },
    { owner: crypto, key: "getRandomValues", name: "crypto.getRandomValues()", virtual: fillRandom },
    // The member before its owner: what replaces the owner takes its members along.
    { owner: process.hrtime, key: "bigint", name: "process.hrtime.bigint()", virtual: hrtimeBigint },
    { owner: process, key: "hrtime", name: "process.hrtime()", virtual: hrtime },
    { owner: AbortSignal, key: "timeout", name: "AbortSignal.timeout()", virtual: abortAfter },
  ];
}

function fillRandom<T extends ArrayBufferView>(runtime: HostRuntime, array: T): T {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  for (let index = 0; index < bytes.length; index += 1) bytes[index] = Math.floor(runtime.random() * 256);
  return array;
}

function hrtimeBigint(runtime: HostRuntime): bigint {
  return BigInt(Math.round(runtime.now() * 1e6));
}

function hrtime(runtime: HostRuntime, since: readonly [number, number] = [0, 0]): [number, number] {
  const nanoseconds = Math.round(runtime.now() * 1e6) - since[0] * 1e9 - since[1];
  return [Math.floor(nanoseconds / 1e9), nanoseconds % 1e9];
}

function abortAfter(runtime: HostRuntime, ms: number): AbortSignal {
  const controller = new AbortController();
  runtime.timer(ms, () => {
    controller.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError"));
  });
  return controller.signal;
}

/** What `setTimeout` gives in a simulated host. */
class VirtualTimeout implements Disposable {
  readonly #timer: TimerHandle;
  readonly #ms: number;

  constructor(
    runtime: HostRuntime,
    label: string,
    fn: (...args: unknown[]) => void,
    ms: number,
    args: readonly unknown[],
    repeats: boolean,
  ) {
    this.#ms = Math.max(1, ms);
    const fire = (): void => {
      if (repeats) this.#timer.reset(this.#ms);
      fn(...args);
    };
    this.#timer = runtime.timer(label === "setImmediate" ? 0 : this.#ms, fire, label);
  }

  ref(): this {
    this.#timer.ref();
    return this;
  }

  unref(): this {
    this.#timer.unref();
    return this;
  }

  refresh(): this {
    this.#timer.reset(this.#ms);
    return this;
  }

  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
  }
}

function guard(
  use: "throw" | "virtual",
  world: World,
  name: string,
  original: Call,
  virtual: Guarded["virtual"],
): Call {
  const guarded = function (this: unknown, ...args: never[]): unknown {
    const { active } = world;
    if (active === undefined) return original.apply(this, args);
    const caller = callerOf(guarded);
    if (runners.test(caller)) return original.apply(this, args);
    if (use === "virtual" || ours.test(caller)) return virtual(active, ...args);
    throw refusal(world, active, name, guarded);
  };
  return Object.assign(guarded, original);
}

function refusal(world: World, active: HostRuntime, name: string, above: Call): AmbientUseError {
  const error = new AmbientUseError(name, active.host);
  Error.captureStackTrace(error, above);
  world.fail(undefined, error);
  return error;
}

/** The frame that called `callee`. */
function callerOf(callee: Call): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 1;
  const at: { stack?: string } = {};
  Error.captureStackTrace(at, callee);
  Error.stackTraceLimit = limit;
  return at.stack ?? "";
}

function replace(owner: object, key: string, make: (original: Call) => Call): () => void {
  const own = Object.getOwnPropertyDescriptor(owner, key);
  const original = (owner as Record<string, Call>)[key];
  if (original === undefined) return () => undefined;
  Object.defineProperty(owner, key, {
    configurable: true,
    writable: true,
    enumerable: own?.enumerable ?? true,
    value: make(original),
  });
  return () => {
    if (own === undefined) Reflect.deleteProperty(owner, key);
    else Object.defineProperty(owner, key, own);
  };
}

function clearVirtual(key: string): () => void {
  return replace(globalThis, key, (original) => (handle: unknown) => {
    if (handle instanceof VirtualTimeout) handle[Symbol.dispose]();
    else original(handle as never);
  });
}

/** `Date` tells the host's time where it is asked for the present; everything else about it stays. */
function replaceDate(use: "throw" | "virtual", world: World): () => void {
  const RealDate = Date;
  const present = (name: string, real: () => number, above: Call): number => {
    const { active } = world;
    if (active === undefined) return real();
    const caller = callerOf(above);
    if (runners.test(caller)) return real();
    if (use === "virtual" || ours.test(caller)) return active.wallNow();
    throw refusal(world, active, name, above);
  };
  const now = (): number => present("Date.now()", () => RealDate.now(), now);
  const construct = (target: DateConstructor, args: unknown[], newTarget: NewableFunction): object => {
    const instant = args.length > 0 ? args : [present("new Date()", () => RealDate.now(), construct)];
    return Reflect.construct(target, instant, newTarget) as object;
  };
  const apply = (): string => new RealDate(present("Date()", () => RealDate.now(), apply)).toString();
  const get = (target: DateConstructor, key: string | symbol, receiver: unknown): unknown =>
    key === "now" ? now : Reflect.get(target, key, receiver);
  const descriptor = Object.getOwnPropertyDescriptor(globalThis, "Date") ?? { configurable: true, writable: true };
  Object.defineProperty(globalThis, "Date", { ...descriptor, value: new Proxy(RealDate, { construct, apply, get }) });
  return () => {
    Object.defineProperty(globalThis, "Date", { ...descriptor, value: RealDate });
  };
}
