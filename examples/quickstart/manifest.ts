import { readFile } from "node:fs/promises";
import type { DeploymentInput } from "keelson/reconcilers";
import { s } from "keelson/resources";
import type { Resources } from "keelson/scheduler";

/** What the quickstart runs, and on what. */
export interface Manifest {
  readonly nodes: readonly ManifestNode[];
  readonly deployments: readonly ManifestDeployment[];
}

/** A node and what it has to give. */
export interface ManifestNode {
  readonly name: string;
  readonly capacity: Resources;
}

/** A deployment; its spec is checked when it is applied, by its kind. */
export interface ManifestDeployment {
  readonly name: string;
  readonly spec: DeploymentInput;
}

/** What is wrong with the manifest: a line for each thing, which names the file, the field and the value. */
export class ManifestError extends Error {
  override readonly name = "ManifestError";
}

const name = s.string({ minLength: 1 });
const schema = s.object({
  nodes: s.array(s.object({ name, capacity: s.record(s.number({ min: 0 })) }), { minLength: 1 }),
  deployments: s.array(s.object({ name, spec: s.json() }), { minLength: 1 }),
});

/** Reads a manifest. */
export async function readManifest(file: string): Promise<Manifest> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new ManifestError(`${file}: cannot be read: ${messageOf(error)}`);
  });
  const result = await schema["~standard"].validate(parse(file, text));
  const problems =
    result.issues === undefined
      ? [...repeated("nodes", result.value.nodes), ...repeated("deployments", result.value.deployments)]
      : result.issues.map(({ path = [], message }) => `${fieldOf(path)}: ${message}`);
  if (problems.length > 0) throw new ManifestError(problems.map((problem) => `${file}: ${problem}`).join("\n"));
  return (result as { readonly value: unknown }).value as Manifest; // the specs' own fields are yet to be checked
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ManifestError(`${file}: is not JSON: ${messageOf(error)}`);
  }
}

function repeated(list: string, items: readonly { readonly name: string }[]): string[] {
  return items.flatMap(({ name }, index) => {
    const first = items.findIndex((item) => item.name === name);
    return first === index ? [] : [`${list}[${index}].name: ${JSON.stringify(name)} is the name of ${list}[${first}]`];
  });
}

function fieldOf(path: readonly (PropertyKey | { readonly key: PropertyKey })[]): string {
  const field = path
    .map((step) => (typeof step === "object" ? step.key : step))
    .map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`))
    .join("");
  return field.replace(/^\./, "") || "the manifest";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
