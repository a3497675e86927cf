/**
 * `npm run tokio`: writes `guides/tokio-methods.md` from the data beside it.
 *
 * @module
 */
import { writeFileSync } from "node:fs";
import { argv } from "node:process";
import { pathToFileURL } from "node:url";
import { format, resolveConfig } from "prettier";
import type { Method, Section } from "./method.js";
import { sections } from "./methods.js";

export const guide = "guides/tokio-methods.md";

/** The page, formatted as the project's files are. */
export async function tokioPage(): Promise<string> {
  const parts = [
    "# Tokio's methods",
    "What is called what. Methods that block a thread, poll by hand or serve the borrow checker have no counterpart. " +
      "Every wait takes `{ signal, timeout }`; what an abort may lose, which is never a message, is said with each method under " +
      "**Cancel safety**.",
    ...sections.map(table),
  ];
  return await format(parts.join("\n\n"), { ...(await resolveConfig(guide)), parser: "markdown" });
}

function table({ title, entry, methods }: Section): string {
  const rows = methods.map((method) => `| ${rust(method)} | ${ours(method)} | ${method.note ?? ""} |`);
  return `## ${title}\n\nIn \`keelson/${entry}\`.\n\n| Tokio | Here | |\n| --- | --- | --- |\n${rows.join("\n")}`;
}

function rust({ tokio }: Method): string {
  return tokio
    .split(", ")
    .map((name) => `\`${name}\``)
    .join(", ");
}

function ours({ ours: members }: Method): string {
  return members.map((member) => `\`${member.replace(/\.@(\w+)/, "[Symbol.$1]")}\``).join(", ");
}

if (import.meta.url === pathToFileURL(argv[1] ?? "").href) writeFileSync(guide, await tokioPage());
