import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { ifThere } from "./if-there.js";

const run = promisify(execFile);

/**
 * When a process was started, as an opaque stamp; `undefined` when there is no such process, or only its zombie.
 *
 * @remarks
 * A pid alone says little: it is re-used, and `kill(pid, 0)` calls zombies alive. A pid with its start time names one
 * process. Read from `/proc` where there is one, else from `ps`.
 * @internal
 */
export async function startStamp(pid: number): Promise<string | undefined> {
  const entry = await tableEntry(pid);
  return entry === undefined ? undefined : stampOf(entry);
}

/**
 * The stamp in a process-table entry: a line of `/proc/<pid>/stat`, or of `ps -o stat=,lstart=`.
 *
 * @internal
 */
export function stampOf(entry: string): string | undefined {
  const nameEnd = entry.lastIndexOf(")"); // the name before may hold spaces
  const [state = "Z", ...rest] = entry
    .slice(nameEnd + 1)
    .trim()
    .split(/\s+/);
  if (/^[ZX]/.test(state)) return undefined;
  return nameEnd === -1 ? rest.join(" ") : rest[18];
}

async function tableEntry(pid: number): Promise<string | undefined> {
  if (process.platform === "linux") return await ifThere(readFile(`/proc/${String(pid)}/stat`, "utf8"));
  try {
    return (await run("ps", ["-o", "stat=,lstart=", "-p", String(pid)])).stdout;
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === 1) return undefined; // its way to say that it found none
    throw error;
  }
}

/** Sends a signal to a process group; `false` when it has gone. */
export function signalGroup(leader: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-leader, signal);
    return true;
  } catch {
    return false;
  }
}
