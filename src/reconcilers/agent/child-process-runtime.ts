import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { type Runtime, currentRuntime } from "../../core/index.js";
import { StartError } from "./errors.js";
import { signalGroup } from "./process-table.js";
import { findProgram } from "./program.js";
import { endOf, isAlive, readClaim, readExit, readPid } from "./run-folder.js";
import { shim } from "./shim.js";
import type { Run, RunExit, RunSpec, WorkloadRuntime } from "./workload-runtime.js";

/** How {@link childProcessRuntime} works. */
export interface ChildProcessOptions {
  /** A folder of this agent's own, for pids, exit statuses and logs: `<uid>/<restart>/{stdout,stderr}.log`. */
  readonly stateDir: string;
  /** How often a run that an earlier agent started is looked at, in milliseconds. @defaultValue `250` */
  readonly pollMs?: number;
  /** Clock and timers. @defaultValue the ambient one */
  readonly runtime?: Runtime;
}

/**
 * Runs instances as child processes that survive the agent.
 *
 * @remarks
 * Each start claims its folder, so that it is made once whatever crashes. A stop signals the whole process group, and
 * what a process leaves behind in its group ends with it. An exit code above 128 is taken for the signal of that number
 * less 128, as shells report them. POSIX only.
 *
 * @example
 * ```ts
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { childProcessRuntime } from "keelson/reconcilers";
 *
 * const runtime = childProcessRuntime({ stateDir: await mkdtemp(`${tmpdir()}/keelson-`) });
 * const run = await runtime.start({ uid: "u1", restart: 0, command: ["sh", "-c", "exit 3"], env: {}, cwd: "." });
 * await runtime.exited(run) // => { code: 3 }
 * ```
 */
export function childProcessRuntime(options: ChildProcessOptions): WorkloadRuntime {
  const { stateDir, pollMs = 250, runtime = currentRuntime() } = options;
  const children = new Map<string, { readonly child: ChildProcess; readonly ended: Promise<void> }>();
  const folder = ({ uid, restart }: Pick<Run, "uid" | "restart">): string => join(stateDir, uid, String(restart));

  const start = async (spec: RunSpec): Promise<Run> => {
    const { uid, restart } = spec;
    const dir = folder(spec);
    if ((await readClaim(dir)) !== undefined) return { uid, restart, pid: await pidOf(dir) };
    const program = await findProgram(spec);
    await mkdir(dir, { recursive: true });
    const child = spawn("/bin/sh", ["-c", shim, "keelson-shim", dir, program, ...spec.command.slice(1)], {
      cwd: spec.cwd,
      env: { ...process.env, ...spec.env },
      detached: true,
      stdio: ["ignore", "pipe", "ignore"],
    });
    const ended = new Promise<void>((done) => {
      child.once("exit", () => {
        done();
      });
    });
    const answer = await firstLine(child, spec);
    child.unref();
    if (answer === "taken") return { uid, restart, pid: await pidOf(dir) };
    children.set(dir, { child, ended });
    return { uid, restart, pid: Number.parseInt(answer, 10) };
  };

  /** The pid of a run that somebody else claimed; its shim may be about to start it, or may have died before. */
  const pidOf = async (dir: string): Promise<number> => {
    for (;;) {
      const pid = await readPid(dir);
      if (pid !== undefined) return pid;
      const claim = await readClaim(dir);
      if (claim === undefined || !(await isAlive(claim))) return (await readPid(dir)) ?? 0;
      await runtime.sleep(1);
    }
  };

  const exited = async (run: Run): Promise<RunExit> => {
    const dir = folder(run);
    await children.get(dir)?.ended;
    children.delete(dir);
    for (;;) {
      const claim = await readClaim(dir);
      if (claim === undefined) return (await readExit(dir)) ?? { signal: "SIGKILL" };
      if (!(await isAlive(claim))) return await endOf(dir, claim);
      await runtime.sleep(pollMs);
    }
  };

  const stop = async (run: Run, graceMs: number): Promise<void> => {
    const dir = folder(run);
    const claim = await readClaim(dir);
    if (claim === undefined) return;
    if (!(await isAlive(claim))) {
      await endOf(dir, claim);
      return;
    }
    children.get(dir)?.child.ref(); // until now it was no reason to stay
    signalGroup(claim.leader, "SIGTERM");
    using _force = runtime.timer(graceMs, () => void signalGroup(claim.leader, "SIGKILL"), "grace");
    await exited(run);
  };

  const list = async (): Promise<readonly Run[]> => {
    const runs: Run[] = [];
    for (const uid of await readdir(stateDir).catch(() => [])) {
      for (const restart of await readdir(join(stateDir, uid)).catch(() => [])) {
        const dir = join(stateDir, uid, restart);
        const claim = await readClaim(dir);
        if (claim === undefined || (await readExit(dir)) !== undefined || !(await isAlive(claim))) continue;
        runs.push({ uid, restart: Number(restart), pid: await pidOf(dir) });
      }
    }
    return runs;
  };

  return { survivesAgent: true, start, exited, stop, list };
}

/** What the shim says first: the pid of its child, or `taken`. */
function firstLine(child: ChildProcess, { command }: RunSpec): Promise<string> {
  return new Promise((done, fail) => {
    const failed = (error?: unknown): void => {
      const message = `spec.command: could not start ${JSON.stringify(command)}`;
      fail(new StartError("StartFailed", message, { cause: error }));
    };
    child.on("error", failed);
    // Not `exit`: a run may be over before its first line is read.
    child.once("close", () => {
      failed();
    });
    child.stdout?.once("data", (line: Buffer) => {
      done(line.toString().trim());
      child.stdout?.destroy();
    });
  });
}
