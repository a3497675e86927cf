import { labelSelector, parseLabelSelector } from "keelson/resources";
import { describe, expect, test } from "vitest";

const web = { app: "web", tier: "front", "example.com/track": "canary", empty: "" };

describe("matches as Kubernetes does", () => {
  test.each([
    ["", true],
    ["  ", true],
    ["app=web", true],
    ["app==web", true],
    [" app = web , tier = front ", true],
    ["app=db", false],
    ["app!=db", true],
    ["app!=web", false],
    ["missing!=web", true],
    ["missing=", false],
    ["empty=", true],
    ["empty", true],
    ["!empty", false],
    ["! missing", true],
    ["app in (web,db)", true],
    ["app in ( db )", false],
    ["app notin (web, db)", false],
    ["missing notin (web)", true],
    ["missing in (web)", false],
    ["empty in ()", true],
    ["example.com/track in (canary),tier", true],
    ["app in(web)", true],
    ["in=web", false],
    ["toString", false],
  ])("%j: %s", (text, expected) => {
    expect(parseLabelSelector(text).matches(web)).toBe(expected);
  });
});

test.each([
  "a=b=c",
  "a b",
  "=b",
  "a in b",
  "a in (b",
  "a in b)",
  "!a=b",
  "a,",
  ",",
  "a/b/c=d",
  "a=b c",
  "-a=b",
  "a=-",
  "a>1",
])("%j is refused", (text) => {
  expect(() => parseLabelSelector(text)).toThrow(/Expected `labels` to be a label selector/);
});

test("prints its plainest form", () => {
  expect(String(parseLabelSelector("a == b, c notin (d), e in (f, g) ,h, ! i, j notin (k,l)"))).toBe(
    "a=b,c!=d,e in (f,g),h,!i,j notin (k,l)",
  );
  expect(() => labelSelector([{ key: "a", operator: "in", values: [] }])).toThrow(/at least one value/);
});
