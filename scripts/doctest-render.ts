/**
 * One example of the documentation as the text of a test file.
 *
 * @module
 */
import ts from "typescript";

/** A fenced block of code and where it stands. */
export interface Example {
  readonly file: string;
  readonly line: number;
  readonly owner: string;
  readonly code: string;
  /** Whether it is run, or type-checked only. */
  readonly run: boolean;
}

const mark = /^;?[ \t]*\/\/ (?:=> (?<value>.+)|throws (?<error>\w+))/;

/** The test file of an example; imports go to the top, the rest into one test. */
export function renderExample({ file, line, owner, code, run }: Example): string {
  const where = `${file}:${line}`;
  const text = withAssertions(code, where);
  const source = ts.createSourceFile("example.ts", text, ts.ScriptTarget.Latest, true);
  const cut = source.statements.filter(ts.isImportDeclaration);
  const imports = cut.map((statement) => text.slice(statement.getStart(source), statement.end));
  let body = text;
  for (const { pos, end } of [...cut].reverse()) body = body.slice(0, pos) + body.slice(end);
  body = body.trim().replace(/^(?=.)/gm, "  ");
  const async = body.includes("await") ? "async " : "";
  const title = JSON.stringify(`${owner} (${where})`);
  return [
    `// Generated from ${where}. Do not edit.`,
    ...(run ? [`import { expect, test } from "vitest";`] : []),
    ...imports,
    "",
    run
      ? `test(${title}, ${async}() => {`
      : `export ${async}function example(): ${async === "" ? "void" : "Promise<void>"} {`,
    body,
    run ? "});" : "}",
    "",
  ].join("\n");
}

/** Replaces each marked statement, however deep, by its assertion. */
function withAssertions(code: string, where: string): string {
  const source = ts.createSourceFile("example.ts", code, ts.ScriptTarget.Latest, true);
  const edits: { readonly from: number; readonly to: number; readonly text: string }[] = [];
  const visit = (node: ts.Node): void => {
    const marked =
      ts.isExpressionStatement(node) || ts.isVariableStatement(node) ? mark.exec(code.slice(node.end)) : null;
    if (marked === null) {
      ts.forEachChild(node, visit);
      return;
    }
    const from = node.getStart(source);
    const { value, error } = marked.groups ?? {};
    const text = code.slice(from, node.end).replace(/;$/, "");
    edits.push({
      from,
      to: node.end + marked[0].length,
      text: error === undefined ? assertion(node, text, value ?? "", where) : rejection(text, error),
    });
  };
  visit(source);
  let result = code;
  for (const { from, to, text } of edits.reverse()) result = result.slice(0, from) + text + result.slice(to);
  const lost = /^.*\/\/ (?:=>|throws ).*$/m.exec(result);
  if (lost !== null)
    throw new Error(`${where}: this comment follows no statement, so nothing would assert it: ${lost[0]}`);
  return result;
}

function rejection(text: string, error: string): string {
  return `await expect(async () => {\n  ${text};\n}).rejects.toThrow(${error});`;
}

function assertion(node: ts.Node, text: string, expected: string, where: string): string {
  if (ts.isExpressionStatement(node)) return `expect(${text}).toStrictEqual(${expected});`;
  const name = ts.isVariableStatement(node) ? node.declarationList.declarations[0]?.name : undefined;
  if (name === undefined || !ts.isIdentifier(name)) {
    throw new Error(`${where}: an assertion must follow an expression or a simple const: ${text}`);
  }
  return `${text};\nexpect(${name.text}).toStrictEqual(${expected});`;
}
