import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

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
  try {
    const stat = await readFile(`/proc/${String(pid)}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" "); // the name before may hold spaces
    return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
  } catch {
    return await stampFromPs(pid);
  }
}

async function stampFromPs(pid: number): Promise<string | undefined> {
  if (process.platform === "linux") return undefined;
  try {
    const { stdout } = await run("ps", ["-o", "stat=,lstart=", "-p", String(pid)]);
    const [state = "Z", ...started] = stdout.trim().split(/\s+/);
    return state.startsWith("Z") ? undefined : started.join(" ");
  } catch {
    return undefined;
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
