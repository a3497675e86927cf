import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import { StartError } from "./errors.js";
import type { RunSpec } from "./workload-runtime.js";

/**
 * The file of a spec's program, looked up as a shell does it, from the spec's working directory and with its `PATH`.
 *
 * @throws StartError when there is none, or no such working directory.
 * @internal
 */
export async function findProgram({ command: [program = ""], cwd, env }: RunSpec): Promise<string> {
  if (!(await isDirectory(cwd))) {
    throw new StartError("StartFailed", `spec.cwd: no such directory: ${JSON.stringify(cwd)}`);
  }
  const folders = program.includes("/") ? [""] : (env["PATH"] ?? process.env["PATH"] ?? "").split(delimiter);
  for (const folder of folders) {
    const file = join(folder, program);
    const place = isAbsolute(file) ? file : resolve(cwd, file);
    if (await isExecutable(place)) return place;
  }
  throw new StartError("CommandNotFound", `spec.command[0]: no such program: ${JSON.stringify(program)}`);
}

async function isDirectory(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
