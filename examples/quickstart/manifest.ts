import { readFile } from "node:fs/promises";
import type { DeploymentInput } from "keelson/reconcilers";
import type { Resources } from "keelson/scheduler";

/** What the quickstart runs, and on what. */
export interface Manifest {
  readonly nodes: readonly { readonly name: string; readonly capacity: Resources }[];
  readonly deployments: readonly { readonly name: string; readonly spec: DeploymentInput }[];
}

/** Something wrong with the manifest: one line that names the file, the field and the value. */
export class ManifestError extends Error {
  override readonly name = "ManifestError";

  constructor(file: string, field: string, problem: string) {
    super(field === "" ? `${file}: ${problem}` : `${file}: ${field}: ${problem}`);
  }
}

/** Reads a manifest; the specs are checked later, by the kinds they are of. */
export async function readManifest(file: string): Promise<Manifest> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new ManifestError(file, "", `cannot be read: ${String(error)}`);
  });
  const manifest = parse(file, text);
  for (const field of ["nodes", "deployments"]) checkList(file, manifest, field);
  const unknown = Object.keys(manifest).find((field) => field !== "nodes" && field !== "deployments");
  if (unknown !== undefined) throw new ManifestError(file, unknown, "unknown field");
  return manifest as unknown as Manifest;
}

function parse(file: string, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (error) {
    throw new ManifestError(file, "", `is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  throw new ManifestError(file, "", "expected an object with `nodes` and `deployments`");
}

function checkList(file: string, manifest: Record<string, unknown>, field: string): void {
  const list = manifest[field];
  if (!Array.isArray(list)) throw new ManifestError(file, field, `expected an array, got ${JSON.stringify(list)}`);
  for (const [index, item] of (list as readonly unknown[]).entries()) {
    const name: unknown = typeof item === "object" && item !== null && "name" in item ? item.name : undefined;
    if (typeof name === "string" && name !== "") continue;
    throw new ManifestError(file, `${field}[${String(index)}].name`, `expected a name, got ${JSON.stringify(name)}`);
  }
}
