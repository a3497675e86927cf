import { expect, test } from "vitest";
import { renderExample } from "../../scripts/doctest-render.js";

const render = (code: string, run = true): string =>
  renderExample({ file: "src/time/sleep.ts", line: 7, owner: "sleep", code, run });

test("imports go to the top and marked statements become assertions", () => {
  expect(
    render(`import { parse } from "keelson/core";\nconst one = parse("1s"); // => 1000\nparse("2s"); // => 2000\n`),
  ).toBe(`// Generated from src/time/sleep.ts:7. Do not edit.
import { expect, test } from "vitest";
import { parse } from "keelson/core";

test("sleep (src/time/sleep.ts:7)", () => {
  const one = parse("1s");
  expect(one).toStrictEqual(1000);
  expect(parse("2s")).toStrictEqual(2000);
});
`);
});

test("a promised error is awaited", () => {
  expect(render("await wait(); // throws TimeoutError")).toContain(
    'test("sleep (src/time/sleep.ts:7)", async () => {\n  await expect(async () => {\n    await wait();\n  }).rejects.toThrow(TimeoutError);',
  );
});

test("marks count inside blocks too", () => {
  expect(render("for (const x of [1]) {\n  x + 1; // => 2\n}")).toContain("expect(x + 1).toStrictEqual(2);");
});

test("a mark that asserts nothing is refused", () => {
  expect(() => render("if (ready) {\n} // => true")).toThrow("nothing would assert it");
  expect(() => render("const { a } = b; // => 1")).toThrow("simple const");
});

test("an example that is not to be run is only a function", () => {
  const text = render(`import { serve } from "keelson/core";\nawait serve();`, false);
  expect(text).toContain("export async function example(): Promise<void> {\n  await serve();\n}");
  expect(text).not.toContain("vitest");
});
