import { describe, expect, test } from "vitest";
import { LogFilterError, type Span, logFilter } from "keelson/telemetry/log";
import { logLevels } from "../../src/telemetry/level.js";

/** A span stack from `name{field=value}` outermost first. */
function within(...spans: readonly (readonly [name: string, fields?: Record<string, unknown>])[]): Span | undefined {
  return spans.reduce<Span | undefined>((parent, [name, fields = {}]) => ({ name, fields, parent }), undefined);
}

/** The least level that goes through, as its name; `off` when none does. */
function least(filter: string, target: string, span?: Span): string {
  const compiled = logFilter(filter);
  const passes = logLevels.map((level) => compiled.allows(level, target, span));
  // Whatever lets a level through lets all above it through.
  expect(passes).toEqual([...passes].sort((a, b) => Number(a) - Number(b)));
  return logLevels[passes.indexOf(true)] ?? "off";
}

const txn = (fields: Record<string, unknown>): Span | undefined => within(["txn", fields]);

// directive(s), target of the line, its span, the least level that goes through
test.each<[filter: string, target: string, span: Span | undefined, least: string]>([
  // levels, by name in any case and by number
  ["error", "a", undefined, "error"],
  ["warn", "a", undefined, "warn"],
  ["info", "a", undefined, "info"],
  ["debug", "a", undefined, "debug"],
  ["trace", "a", undefined, "trace"],
  ["off", "a", undefined, "off"],
  ["ERROR", "a", undefined, "error"],
  ["WaRn", "a", undefined, "warn"],
  ["OFF", "a", undefined, "off"],
  ["0", "a", undefined, "off"],
  ["1", "a", undefined, "error"],
  ["2", "a", undefined, "warn"],
  ["3", "a", undefined, "info"],
  ["4", "a", undefined, "debug"],
  ["5", "a", undefined, "trace"],
  // nothing written
  ["", "a", undefined, "error"],
  ["  ", "a", undefined, "error"],
  [",,", "a", undefined, "error"],
  // targets: prefixes, and nothing for the others
  ["store=debug", "store", undefined, "debug"],
  ["store=debug", "store/memory", undefined, "debug"],
  ["store=debug", "storekeeper", undefined, "debug"],
  ["store=debug", "sto", undefined, "off"],
  ["store=debug", "scheduler", undefined, "off"],
  ["store=debug", "", undefined, "off"],
  ["store", "store", undefined, "trace"],
  ["store=", "store", undefined, "trace"],
  ["debugg=trace", "debugg", undefined, "trace"],
  ["warn=", "warn", undefined, "trace"],
  ["info=1", "info", undefined, "error"],
  ["store=2", "store", undefined, "warn"],
  ["store=OFF", "store", undefined, "off"],
  ["my::crate=info", "my::crate::deep", undefined, "info"],
  ["@acme/store.v2=info", "@acme/store.v2", undefined, "info"],
  [" store = debug ", "store", undefined, "debug"],
  // the most specific wins, whatever the order; of equals the last
  ["warn,store=debug", "store", undefined, "debug"],
  ["store=debug,warn", "store", undefined, "debug"],
  ["store=debug,warn", "other", undefined, "warn"],
  ["store=warn,store/memory=trace", "store/memory", undefined, "trace"],
  ["store=warn,store/memory=trace", "store/sqlite", undefined, "warn"],
  ["store=off,debug", "store", undefined, "off"],
  ["store=info,store=debug", "store", undefined, "debug"],
  ["warn,,store=debug,", "store", undefined, "debug"],
  // spans
  ["[txn]", "a", txn({}), "trace"],
  ["[txn]=debug", "a", txn({}), "debug"],
  ["[txn]=debug", "a", undefined, "off"],
  ["[txn]=debug,warn", "a", undefined, "warn"],
  ["[txn]=debug,warn", "a", within(["other"]), "warn"],
  ["[txn]=debug,warn", "a", within(["txn"], ["inner"]), "debug"],
  ["[]=debug", "a", within(["any"]), "debug"],
  ["[]=debug", "a", undefined, "off"],
  ["store[txn]=trace,store=warn", "store", txn({}), "trace"],
  ["store[txn]=trace,store=warn", "store", undefined, "warn"],
  ["store[txn]=trace,warn", "scheduler", txn({}), "warn"],
  ["[noisy]=off,info", "a", within(["noisy"]), "off"],
  ["[a span with spaces]=debug", "a", within(["a span with spaces"]), "debug"],
  // fields: present, equal, by kind of value
  ["[txn{key}]=debug", "a", txn({ key: 1 }), "debug"],
  ["[txn{key}]=debug", "a", txn({ other: 1 }), "off"],
  ["[{key}]=debug", "a", within(["whatever", { key: 1 }]), "debug"],
  ["[txn{}]=debug", "a", txn({}), "debug"],
  ["[txn{key=/a}]=debug", "a", txn({ key: "/a" }), "debug"],
  ["[txn{key=/a}]=debug", "a", txn({ key: "/ab" }), "off"],
  ["[txn{ok=true}]=debug", "a", txn({ ok: true }), "debug"],
  ["[txn{ok=true}]=debug", "a", txn({ ok: false }), "off"],
  ["[txn{n=42}]=debug", "a", txn({ n: 42 }), "debug"],
  ["[txn{n=42}]=debug", "a", txn({ n: 42n }), "debug"],
  ["[txn{n=-1.5}]=debug", "a", txn({ n: -1.5 }), "debug"],
  ["[txn{n=1e3}]=debug", "a", txn({ n: 1_000 }), "debug"],
  ["[txn{n=42}]=debug", "a", txn({ n: 43 }), "off"],
  ["[txn{n=0}]=debug", "a", txn({ n: "" }), "off"],
  ["[txn{n=NaN}]=debug", "a", txn({ n: Number.NaN }), "debug"],
  ["[txn{key=/pods/.*}]=debug", "a", txn({ key: "/pods/a" }), "debug"],
  ["[txn{key=pods}]=debug", "a", txn({ key: "/pods/a" }), "off"],
  ["[txn{key=a|b}]=debug", "a", txn({ key: "b" }), "debug"],
  ['[txn{key="*"}]=debug', "a", txn({ key: "*" }), "debug"],
  ["[txn{key=a+}]=debug", "a", txn({ key: "a".repeat(1_001) }), "off"],
  ['[txn{key="a.c"}]=debug', "a", txn({ key: "a.c" }), "debug"],
  ['[txn{key="a.c"}]=debug', "a", txn({ key: "abc" }), "off"],
  ["[txn{user.id=7}]=debug", "a", txn({ "user.id": 7 }), "debug"],
  // braces, which upstream cuts apart at their commas
  ["[txn{key=/a,user=7}]=debug", "a", txn({ key: "/a", user: 7 }), "debug"],
  ["[txn{key=/a,user=7}]=debug", "a", txn({ key: "/a", user: 8 }), "off"],
  ["[txn{key=/a, user=7}]=debug,warn", "a", txn({ key: "/a" }), "warn"],
  ["store[txn{key,user}]=trace,warn", "store", txn({ key: 1, user: 2 }), "trace"],
  ["[txn{key=a{2,3}}]=debug", "a", txn({ key: "aaa" }), "debug"],
  ["[txn{key=a{2,3}}]=debug", "a", txn({ key: "a" }), "off"],
  ["[txn{key=[a-c,]+}]=debug", "a", txn({ key: "a,b" }), "debug"],
  ['[txn{key="a,b"}]=debug', "a", txn({ key: "a,b" }), "debug"],
  ['[txn{key="a]}b"}]=debug', "a", txn({ key: "a]}b" }), "debug"],
  ['[txn{key="a\\"b"}]=debug', "a", txn({ key: 'a"b' }), "debug"],
  ["[txn{key=a\\}b}]=debug", "a", txn({ key: "a}b" }), "debug"],
  ["[txn{key=a=b}]=debug", "a", txn({ key: "a=b" }), "debug"],
  // fields of one span, not of several together; any span of the stack will do
  ["[{a,b}]=debug", "x", within(["one", { a: 1 }], ["two", { b: 1 }]), "off"],
  ["[{a}]=debug", "x", within(["one", { a: 1 }], ["two", { b: 1 }]), "debug"],
  // more fields are more specific
  ["[txn{a}]=info,[txn{a,b}]=trace", "x", txn({ a: 1, b: 1 }), "trace"],
  ["[txn{a}]=info,[txn{a,b}]=trace", "x", txn({ a: 1 }), "info"],
  ["[txn]=error,[txn{a}]=info", "x", txn({ a: 1 }), "info"],
  // as in the design
  ["orchestrator=debug,store[txn{key=/a}]=trace,warn", "store", txn({ key: "/a" }), "trace"],
  ["orchestrator=debug,store[txn{key=/a}]=trace,warn", "store", txn({ key: "/b" }), "warn"],
  ["orchestrator=debug,store[txn{key=/a}]=trace,warn", "orchestrator", undefined, "debug"],
])("%s for %j", (filter, target, span, wanted) => {
  expect(least(filter, target, span)).toBe(wanted);
});

test.each([
  ["store=loud", 'has "=loud" where "=" and a level should be'],
  ["=debug", "names neither a target nor a span"],
  ["store]=debug", 'has a bad target "store]"'],
  ["a b=debug", 'has a bad target "a b"'],
  ["[txn=debug", "has a [ that is not closed"],
  ["[txn{key=debug", "has a [ that is not closed"],
  ["[txn{key]=debug", "has a [ that is not closed"],
  ["[txn}]=debug", "has a [ that is not closed"],
  ["[txn{a}b]=debug", "has something between } and ]"],
  ["[txn{a b}]=debug", 'has a bad field name "a b"'],
  ["[txn{a=*}]=debug", 'has a bad pattern "*"'],
  ["[txn{a=(a+)+b}]=debug", "has a pattern that repeats a repetition"],
  ["[txn]debug", 'has "debug" where "=" and a level should be'],
  ["warn,store=6", 'log directive "store=6" has "=6"'],
  // bare words that are no level, but were taken for one
  [
    "warning",
    'log directive "warning" is no level; did you mean "warn"? Levels are trace, debug, info, warn, error, off',
  ],
  ["info,debugg", 'did you mean "debug"?'],
  ["wran", 'did you mean "warn"?'],
  ["eror", 'did you mean "error"?'],
  ["inf", 'did you mean "info"?'],
  ["Fatal", 'did you mean "error"?'],
  ["silent", 'did you mean "off"?'],
  ["30", 'did you mean "info"?'],
  ["9", 'write "9=trace" for a target'],
])("%s is refused", (filter, problem) => {
  expect(() => logFilter(filter)).toThrow(LogFilterError);
  expect(() => logFilter(filter)).toThrow(problem);
});

describe("a filter in use", () => {
  test("can be replaced; a bad one changes nothing", () => {
    const filter = logFilter("warn");
    expect(filter.allows("info", "a")).toBe(false);
    filter.set("info");
    expect([filter.text, filter.allows("info", "a")]).toEqual(["info", true]);
    expect(() => {
      filter.set("info,=");
    }).toThrow(LogFilterError);
    expect(() => {
      filter.set("debugg");
    }).toThrow(LogFilterError);
    expect(() => {
      filter.set(undefined as never);
    }).toThrow(new TypeError("Expected `filter` to be a string, got `undefined`"));
    expect([filter.text, filter.allows("info", "a")]).toEqual(["info", true]);
  });
});
