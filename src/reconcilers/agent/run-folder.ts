import { mkdir, readFile, readdir, rm } from "node:fs/promises";
import { constants as osConstants } from "node:os";
import { join } from "node:path";
import { StartError } from "./errors.js";
import { ifThere } from "./if-there.js";
import { runFolder } from "./log-file.js";
import { signalGroup, stampOf, startStamp } from "./process-table.js";
import type { RunExit, RunId } from "./workload-runtime.js";

/** Who looks after a run: its shim, which leads the run's process group. */
export interface Claim {
  readonly leader: number;
  readonly stamp: string | undefined;
}

/** Who claimed the run; `undefined` when nobody has. */
export async function readClaim(dir: string): Promise<Claim | undefined> {
  const text = await readIfThere(join(dir, "claim"));
  if (text === undefined) return undefined;
  const [leader = "", ...entry] = text.split("\n");
  return { leader: Number.parseInt(leader, 10), stamp: stampOf(entry.join("\n")) };
}

/** Whether the shim is there, and is the one that made the claim. */
export async function isAlive({ leader, stamp }: Claim): Promise<boolean> {
  return stamp !== undefined && (await startStamp(leader)) === stamp;
}

/** The process of the run; `undefined` when its shim has not come to start it. */
export async function readPid(dir: string): Promise<number | undefined> {
  const text = await readIfThere(join(dir, "pid"));
  return text === undefined ? undefined : Number.parseInt(text, 10);
}

/** The port that the run was given. */
export async function readPort(dir: string): Promise<number | undefined> {
  const text = await readIfThere(join(dir, "port"));
  return text === undefined ? undefined : Number.parseInt(text, 10);
}

/** How the run ended. A shell reports a signal as 128 plus its number. */
export async function readExit(dir: string): Promise<RunExit | undefined> {
  const text = await readIfThere(join(dir, "exit"));
  if (text === undefined) return undefined;
  const code = Number.parseInt(text, 10);
  const signal = Object.entries(osConstants.signals).find(([, number]) => number === code - 128)?.[0];
  return signal === undefined ? { code } : { signal };
}

/** How a run ended whose shim has gone, and with it whatever the run left behind in its group. */
export async function endOf(dir: string, { leader }: Claim): Promise<RunExit> {
  // While a process of the group lives, its number is given to nobody else.
  if ((await startStamp(leader)) === undefined) signalGroup(leader, "SIGKILL");
  return (await readExit(dir)) ?? { signal: "SIGKILL" }; // nothing else ends a shim before it has written
}

async function readIfThere(file: string): Promise<string | undefined> {
  return await ifThere(readFile(file, "utf8"));
}

/**
 * Makes the folder of a run before it starts: whoever asks for the output of what was started finds some, if empty.
 *
 * @throws StartError when there can be none.
 */
export async function makeFolder(stateDir: string, run: RunId): Promise<void> {
  const dir = runFolder(stateDir, run);
  try {
    await mkdir(dir, { recursive: true });
  } catch (cause) {
    throw new StartError("StartFailed", `could not make a folder for its output: ${dir}`, { cause });
  }
}

/** Removes what is kept of an instance's starts before a certain one; with the last of them, all of it. */
export async function forgetFolders(stateDir: string, uid: string, before: number): Promise<void> {
  const folder = join(stateDir, uid);
  if (before === Number.POSITIVE_INFINITY) {
    await rm(folder, { recursive: true, force: true });
    return;
  }
  const starts = (await ifThere(readdir(folder))) ?? [];
  const early = starts.filter((restart) => Number(restart) < before);
  await Promise.all(early.map((restart) => rm(join(folder, restart), { recursive: true, force: true })));
}
