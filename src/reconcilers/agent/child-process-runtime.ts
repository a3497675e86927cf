import { type ChildProcess, spawn } from "node:child_process";
import { access, constants, mkdir, readFile, readdir, rename, writeFile } from "node:fs/promises";
import { constants as osConstants } from "node:os";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import { type Runtime, currentRuntime } from "../../core/index.js";
import { StartError } from "./errors.js";
import { signalGroup, startStamp } from "./process-table.js";
import { shim } from "./shim.js";
import type { Run, RunExit, RunSpec, WorkloadRuntime } from "./workload-runtime.js";

/** How {@link childProcessRuntime} works. */
export interface ChildProcessOptions {
  /** A folder of this agent's own, for pids, exit statuses and logs: `<uid>/<restart>/{stdout,stderr}.log`. */
  readonly stateDir: string;
  /** How often a run that an earlier agent started is looked at, in milliseconds. @defaultValue `250` */
  readonly pollMs?: number;
  /** @defaultValue the ambient one */
  readonly runtime?: Runtime;
}

/** What is remembered of a run beside its exit: enough to find it again and to be sure that it is the same. */
interface Claim {
  readonly leader: number;
  readonly stamp: string;
  readonly pid: number;
}

/**
 * Runs instances as child processes that survive the agent.
 *
 * @remarks
 * Each start claims a folder by creating it, so that it is made once whatever crashes. A stop signals the whole process
 * group. POSIX only.
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
    const dir = folder(spec);
    const program = await findProgram(spec);
    await mkdir(join(stateDir, spec.uid), { recursive: true });
    const claimed = await mkdir(dir).then(
      () => true,
      () => false,
    );
    const earlier = claimed ? undefined : await readClaim(dir);
    if (earlier !== undefined) return { uid: spec.uid, restart: spec.restart, pid: earlier.pid };
    const child = spawn("/bin/sh", ["-c", shim, "keelson-shim", dir, program, ...spec.command.slice(1)], {
      cwd: spec.cwd,
      env: { ...process.env, ...spec.env },
      detached: true,
      stdio: ["ignore", "pipe", "ignore"],
    });
    const pid = await firstLine(child, spec);
    const leader = child.pid ?? pid;
    const ended = new Promise<void>((done) =>
      child.once("exit", () => {
        done();
      }),
    );
    children.set(dir, { child, ended });
    child.unref();
    const stamp = (await startStamp(leader)) ?? "gone";
    await writeWhole(join(dir, "claim.json"), JSON.stringify({ leader, stamp, pid } satisfies Claim));
    return { uid: spec.uid, restart: spec.restart, pid };
  };

  const exited = async (run: Run): Promise<RunExit> => {
    const dir = folder(run);
    await children.get(dir)?.ended;
    for (;;) {
      const exit = await readExit(dir);
      if (exit !== undefined) {
        children.delete(dir);
        return exit;
      }
      const claim = await readClaim(dir);
      if (claim === undefined || (await startStamp(claim.leader)) !== claim.stamp) {
        return (await readExit(dir)) ?? { signal: "SIGKILL" }; // the shim itself was killed: only SIGKILL does that
      }
      await runtime.sleep(pollMs);
    }
  };

  const stop = async (run: Run, graceMs: number): Promise<void> => {
    const claim = await readClaim(folder(run));
    if (claim === undefined || (await startStamp(claim.leader)) !== claim.stamp) return;
    children.get(folder(run))?.child.ref(); // until now it was no reason to stay
    const gone = exited(run);
    signalGroup(claim.leader, "SIGTERM");
    using force = runtime.timer(graceMs, () => void signalGroup(claim.leader, "SIGKILL"), "grace");
    await gone;
    force.unref();
    signalGroup(claim.leader, "SIGKILL"); // whatever the process left behind in its group
  };

  const list = async (): Promise<readonly Run[]> => {
    const runs: Run[] = [];
    for (const uid of await readdir(stateDir).catch(() => [])) {
      for (const restart of await readdir(join(stateDir, uid)).catch(() => [])) {
        const dir = join(stateDir, uid, restart);
        const claim = await readClaim(dir);
        if (claim === undefined || (await readExit(dir)) !== undefined) continue;
        if ((await startStamp(claim.leader)) === claim.stamp)
          runs.push({ uid, restart: Number(restart), pid: claim.pid });
      }
    }
    return runs;
  };

  return { survivesAgent: true, start, exited, stop, list };
}

async function findProgram({ command: [program = ""], cwd, env }: RunSpec): Promise<string> {
  const places = program.includes("/")
    ? [isAbsolute(program) ? program : resolve(cwd, program)]
    : (env["PATH"] ?? process.env["PATH"] ?? "").split(delimiter).map((dir) => join(dir, program));
  for (const place of places) {
    if (
      await access(place, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return place;
  }
  throw new StartError("CommandNotFound", `spec.command[0]: no such program: ${JSON.stringify(program)}`);
}

function firstLine(child: ChildProcess, { command }: RunSpec): Promise<number> {
  return new Promise((done, fail) => {
    const failed = (error?: unknown): void => {
      fail(new StartError("StartFailed", `spec.command: could not start ${JSON.stringify(command)}`, { cause: error }));
    };
    child.once("error", failed);
    child.once("exit", () => {
      failed();
    });
    child.stdout?.once("data", (line: Buffer) => {
      child.stdout?.destroy();
      done(Number.parseInt(line.toString(), 10));
    });
  });
}

async function readClaim(dir: string): Promise<Claim | undefined> {
  const text = await readFile(join(dir, "claim.json"), "utf8").catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Claim);
}

/** The shell reports a signal as 128 plus its number. */
async function readExit(dir: string): Promise<RunExit | undefined> {
  const text = await readFile(join(dir, "exit"), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const code = Number.parseInt(text, 10);
  const signal = Object.entries(osConstants.signals).find(([, number]) => number === code - 128)?.[0];
  return signal === undefined ? { code } : { signal };
}

async function writeWhole(file: string, text: string): Promise<void> {
  await writeFile(`${file}.part`, text);
  await rename(`${file}.part`, file);
}
