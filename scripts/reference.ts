/**
 * Writes `guides/diagnostics.md` and `guides/errors.md` from the source: every diagnostics channel with its payload,
 * every error with its code. Without `--write`, checks that they are up to date.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { argv, exit } from "node:process";
import { fileURLToPath } from "node:url";
import { format, resolveConfig } from "prettier";
import { globSync } from "tinyglobby";
import ts from "typescript";
import { writtenEntryPoints } from "./entries.js";

/** One page and what it should say. */
export interface ReferencePage {
  readonly file: string;
  readonly text: string;
}

const note = "<!-- Written by `npm run reference -- --write` from the comments in the source; do not edit. -->";

/** The pages as the source would have them. */
export async function referencePages(): Promise<readonly ReferencePage[]> {
  const pages = [
    { file: "guides/diagnostics.md", text: diagnosticsPage() },
    { file: "guides/errors.md", text: errorsPage() },
  ];
  const formatted = async ({ file, text }: ReferencePage): Promise<ReferencePage> => {
    return { file, text: await format(text, { ...(await resolveConfig(file)), parser: "markdown" }) };
  };
  return Promise.all(pages.map(formatted));
}

interface Parsed {
  readonly path: string;
  readonly source: ts.SourceFile;
}

function parse(pattern: string, isWanted: (text: string) => boolean = () => true): readonly Parsed[] {
  return globSync(pattern)
    .sort()
    .map((path) => ({ path, text: readFileSync(path, "utf8") }))
    .filter(({ text }) => isWanted(text))
    .map(({ path, text }) => ({ path, source: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true) }));
}

/** The first sentence of a declaration's comment. */
function summary(node: ts.Node): string {
  const [comment] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  const text = ts.getTextOfJSDocComment(comment?.comment) ?? "";
  const plain = text.replaceAll(/\{@link (\w+)[^}]*\}/g, "`$1`").replaceAll(/\s+/g, " ");
  return /^.*?\.(?= |$)/.exec(plain)?.[0] ?? plain;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", String.raw`\|`)).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** A diagnostics channel. */
interface Channel {
  readonly name: string;
  readonly when: string;
  readonly payload: string;
}

/** What is published, and its fields. */
interface Payload {
  readonly payload: ts.InterfaceDeclaration;
  readonly fields: readonly ts.PropertySignature[];
}

/** Every channel in the source, and the interfaces of what is published. */
function diagnostics(): { readonly channels: readonly Channel[]; readonly payloads: readonly Payload[] } {
  const channels: Channel[] = [];
  const interfaces = new Map<string, ts.InterfaceDeclaration>();
  const files = parse("src/**/diagnostics.ts");
  for (const { source } of files.flatMap(({ path }) => parse(`${dirname(path)}/*.ts`))) {
    for (const node of source.statements) if (ts.isInterfaceDeclaration(node)) interfaces.set(node.name.text, node);
  }
  for (const { path, source } of files) {
    for (const statement of source.statements) {
      if (!ts.isVariableStatement(statement)) continue;
      for (const { initializer, type } of statement.declarationList.declarations) {
        if (initializer === undefined || !ts.isCallExpression(initializer)) continue;
        const [name] = initializer.arguments;
        if (name === undefined || !ts.isStringLiteral(name)) continue;
        const payload =
          type !== undefined && ts.isTypeReferenceNode(type) ? type.typeArguments?.[0]?.getText() : undefined;
        if (payload === undefined) throw new Error(`${path}: the channel ${name.text} does not say what it publishes`);
        channels.push({ name: name.text, when: summary(statement), payload });
      }
    }
  }
  channels.sort((a, b) => a.name.localeCompare(b.name));
  const payloads = [...new Set(channels.map(({ payload }) => payload))].map((name) => {
    const found = interfaces.get(name);
    if (found === undefined) throw new Error(`${name} should be an interface in the folder of its channel`);
    return found;
  });
  return { channels, payloads: payloads.map((payload) => ({ payload, fields: fieldsOf(payload, interfaces) })) };
}

/** The fields of an interface, those of what it extends first. */
function fieldsOf(
  node: ts.InterfaceDeclaration,
  known: ReadonlyMap<string, ts.InterfaceDeclaration>,
): readonly ts.PropertySignature[] {
  const bases = (node.heritageClauses ?? []).flatMap(({ types }) => types.map((type) => known.get(type.getText())));
  const inherited = bases.flatMap((base) => (base === undefined ? [] : fieldsOf(base, known)));
  return [...inherited, ...node.members.filter(ts.isPropertySignature)];
}

function diagnosticsPage(): string {
  const { channels, payloads } = diagnostics();
  const sections = payloads.map(({ payload, fields }) => {
    const rows = fields.map((member) => {
      const optional = member.questionToken === undefined ? "" : "?";
      return [`\`${member.name.getText()}${optional}\``, `\`${member.type?.getText() ?? "unknown"}\``, summary(member)];
    });
    return `## ${payload.name.text}\n\n${summary(payload)}\n\n${table(["Field", "Type", "Meaning"], rows)}`;
  });
  return `# Diagnostics channels

${note}

Per-operation events go over channels of \`node:diagnostics_channel\`. A payload is an object to be read only, and its shape is part
of the contract: fields are added in minor versions, changed or removed in major ones. Messages, keys and values of users
are in none of them, except the keys of resources. While nobody listens, a site costs about a nanosecond and reads no
clock. \`observe\` of \`keelson/telemetry\` subscribes with types.

${table(
  ["Channel", "When", "Payload"],
  channels.map(({ name, when, payload }) => [`\`${name}\``, when, `[${payload}](#${payload.toLowerCase()})`]),
)}

${sections.join("\n\n")}
`;
}

/** The values that `code` has in a class. */
function codesOf(node: ts.ClassDeclaration): readonly string[] {
  const code = node.members.filter(ts.isPropertyDeclaration).find((member) => member.name.getText() === "code");
  const literals = [...`${code?.initializer?.getText() ?? ""} ${code?.type?.getText() ?? ""}`.matchAll(/"([A-Z_]+)"/g)];
  return literals.flatMap(([, literal]) => literal ?? []);
}

function errorsPage(): string {
  const entries = writtenEntryPoints().filter(({ specifier }) => specifier !== "keelson");
  const exported = entries.map(({ specifier, source }) => ({ specifier, names: readFileSync(source, "utf8") }));
  const withCodes = parse("src/**/*.ts", (text) => text.includes("readonly code"));
  const rows = withCodes.flatMap(({ source }) =>
    source.statements.filter(ts.isClassDeclaration).flatMap((node): (readonly string[])[] => {
      const name = node.name?.text ?? "";
      const home = exported.find(({ names }) => new RegExp(`\\b${name}\\b`).test(names));
      if (home === undefined) return [];
      return codesOf(node).map((code) => [`\`${code}\``, `\`${name}\``, `\`${home.specifier}\``, summary(node)]);
    }),
  );
  rows.sort(([a = ""], [b = ""]) => a.localeCompare(b));
  return `# Errors

${note}

Every error that keelson throws on purpose extends \`KeelsonError\` and has a \`code\`. Match on the code, with
\`isKeelsonError(error, code)\`: it also recognises errors of another copy of the package. Codes do not change within a
major version; messages may. What is wrong with an argument is a \`TypeError\` or \`RangeError\` instead, and names the
option, what was expected and what came. \`cause\` has the error beneath, and \`formatChain(error)\` prints them all.

${table(["Code", "Class", "From", "Meaning"], rows)}
`;
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const pages = await referencePages();
  const stale = pages.filter(({ file, text }) => safely(() => readFileSync(file, "utf8")) !== text);
  if (argv.includes("--write")) for (const { file, text } of stale) writeFileSync(file, text);
  else if (stale.length > 0) {
    console.error(`${stale.map(({ file }) => file).join(", ")}: run \`npm run reference -- --write\``);
    exit(1);
  }
}

function safely(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
