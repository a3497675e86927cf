/**
 * What stands for vitest where it does not run: its own matchers, and the least of a runner. Only files that need no
 * more than this are run there.
 *
 * @module
 */
import {
  ASYMMETRIC_MATCHERS_OBJECT,
  GLOBAL_EXPECT,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  chai,
  customMatchers,
  setState,
} from "@vitest/expect";

/** A test that failed. */
export interface Failure {
  readonly test: string;
  readonly error: string;
}

/** How a run ended. */
export interface Summary {
  readonly passed: number;
  readonly failures: readonly Failure[];
}

type Body = () => unknown;
interface Case {
  readonly name: string;
  readonly body: Body;
}

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);
const matchers = (globalThis as unknown as Record<symbol, object>)[ASYMMETRIC_MATCHERS_OBJECT];
export const expect: typeof chai.expect = Object.assign(
  (...args: Parameters<typeof chai.expect>) => chai.expect(...args),
  chai.expect,
  matchers,
  {
    unreachable: (message = "Expected not to be reached"): never => {
      throw new Error(message);
    },
  },
);
Object.assign(globalThis, { [GLOBAL_EXPECT]: expect });
setState({ assertionCalls: 0, isExpectingAssertions: false }, expect as never);
(chai.expect as unknown as { extend(expect: object, matchers: object): void }).extend(expect, customMatchers);

const cases: Case[] = [];
let path: readonly string[] = [];

/** The function among a test's arguments; its timeout and other options are vitest's. */
function bodyOf(rest: readonly unknown[]): (...args: readonly unknown[]) => unknown {
  return rest.find((part) => typeof part === "function") as (...args: readonly unknown[]) => unknown;
}

function within(name: string, ...rest: readonly unknown[]): void {
  const outer = path;
  path = [...outer, name];
  bodyOf(rest)();
  path = outer;
}

/** `%s`, `%j` and `%i` as vitest fills them in. */
function titled(name: string, args: readonly unknown[]): string {
  let next = 0;
  return name.replaceAll(/%[sjid]/g, () => String(args[next++]));
}

type Each = (rows: readonly unknown[]) => (name: string, ...rest: readonly unknown[]) => void;

function each(register: (name: string, body: Body) => void): Each {
  return (rows) =>
    (name, ...rest) => {
      const body = bodyOf(rest);
      for (const row of rows) {
        const args: readonly unknown[] = Array.isArray(row) ? row : [row];
        register(titled(name, args), () => body(...args));
      }
    };
}

function register(name: string, ...rest: readonly unknown[]): void {
  cases.push({ name: [...path, name].join(" > "), body: bodyOf(rest) });
}

export const describe: object = Object.assign(within, { each: each(within), skip: () => undefined });
export const test: { (name: string, ...rest: readonly unknown[]): void; each: Each } = Object.assign(register, {
  each: each(register),
  skip: () => undefined,
});

/** Types are checked by the compiler; here whatever is asked of them is so. */
export function expectTypeOf(): unknown {
  const anything: unknown = new Proxy(() => undefined, { get: () => anything, apply: () => anything });
  return anything;
}

function told(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : `\ncaused by ${told(error.cause)}`;
  return `${String(error)}\n${error.stack ?? ""}${cause}`;
}

/** Runs every test that was registered, one after the other. */
export async function run(onFailure: (failure: Failure) => void): Promise<Summary> {
  const failures: Failure[] = [];
  for (const { name, body } of cases) {
    try {
      await body();
    } catch (error) {
      const failure = { test: name, error: told(error) };
      failures.push(failure);
      onFailure(failure);
    }
  }
  return { passed: cases.length - failures.length, failures };
}
