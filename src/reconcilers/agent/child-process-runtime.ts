import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { checkInteger, checkNumber } from "../../core/check.js";
import { type Runtime, currentRuntime } from "../../core/index.js";
import { StartError } from "./errors.js";
import { execBeside } from "./exec-beside.js";
import { ifThere } from "./if-there.js";
import { type LogLimits, logLimits, rotateInPlace, runFolder } from "./log-file.js";
import { signalGroup } from "./process-table.js";
import { findProgram } from "./program.js";
import { endOf, forgetFolders, isAlive, makeFolder, readClaim, readExit, readPid, readPort } from "./run-folder.js";
import { RunEvents } from "./run-events.js";
import { type ShimProcess, startShim } from "./shim-process.js";
import { type Run, type RunExit, type RunId, type RunSpec, type WorkloadRuntime, runKey } from "./workload-runtime.js";

/** How {@link childProcessRuntime} works. */
export interface ChildProcessOptions {
  /** A folder of this agent's own, for pids, exit statuses and logs: `<uid>/<restart>/{stdout,stderr}.log`. */
  readonly stateDir: string;
  /** How often a run that an earlier agent started is looked at, in milliseconds. @defaultValue `250` */
  readonly pollMs?: number;
  /** How much output is kept; looked at every ten seconds. @defaultValue three files of 10 MiB */
  readonly logs?: LogLimits;
  /** Clock and timers. @defaultValue the ambient one */
  readonly runtime?: Runtime;
}

/** How often files are looked at that may have grown too large, and started to be by whom it is not known. */
const rotateEveryMs = 10_000;

/**
 * Runs instances as child processes that survive the agent.
 *
 * @remarks
 * Each start claims its folder, so that it is made once whatever crashes. A stop signals the whole process group, and
 * what a process leaves behind in its group ends with it. An exit code above 128 is taken for the signal of that number
 * less 128, as shells report them. Output goes to files that are put aside as they fill; what a process writes in that
 * very moment is lost. POSIX only.
 *
 * @example
 * ```ts
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { childProcessRuntime } from "keelson/reconcilers";
 *
 * const runtime = childProcessRuntime({ stateDir: await mkdtemp(`${tmpdir()}/keelson-`) });
 * const ends = runtime.events()[Symbol.asyncIterator]();
 * await runtime.start({ uid: "u1", restart: 0, command: ["sh", "-c", "exit 3"], env: {}, cwd: "." });
 * (await ends.next()).value // => { uid: "u1", restart: 0, exit: { code: 3 } }
 * ```
 */
export function childProcessRuntime(options: ChildProcessOptions): WorkloadRuntime {
  const { stateDir, pollMs = 250, runtime = currentRuntime() } = options;
  const limits = logLimits(options.logs);
  checkNumber("pollMs", pollMs, 1);
  checkInteger("logs.maxBytes", limits.maxBytes, 1);
  checkInteger("logs.files", limits.files, 1);
  const events = new RunEvents(runtime);
  const shims = new Map<string, ShimProcess>();
  const specs = new Map<string, RunSpec>();
  const tracked = new Map<string, Promise<RunExit>>();
  const folder = (run: RunId): string => runFolder(stateDir, run);

  /** How a run has ended; `undefined` while it goes on. */
  const exitOf = async (dir: string): Promise<RunExit | undefined> => {
    const claim = await readClaim(dir);
    if (claim === undefined) return (await readExit(dir)) ?? { signal: "SIGKILL" };
    return (await isAlive(claim)) ? undefined : await endOf(dir, claim);
  };

  /** Resolves once a run has ended, whoever started it. */
  const untilExit = async (run: RunId): Promise<RunExit> => {
    await shims.get(runKey(run))?.ended;
    for (;;) {
      try {
        const exit = await exitOf(folder(run));
        if (exit !== undefined) return exit;
      } catch {
        // What cannot be read just now, as when too many files are open, says nothing.
      }
      await runtime.sleep(pollMs);
    }
  };

  /** Looks after a run until its end, which it tells. */
  const track = ({ uid, restart }: RunId): Promise<RunExit> => {
    const run = { uid, restart };
    const id = runKey(run);
    const follow = async (): Promise<RunExit> => {
      using _rotation = keepLogsSmall(run);
      const exit = await untilExit(run);
      shims.delete(id);
      events.tell({ ...run, exit });
      return exit;
    };
    const known = tracked.get(id) ?? follow();
    tracked.set(id, known);
    return known;
  };

  const keepLogsSmall = (run: RunId): Disposable => {
    const rotate = async (): Promise<void> => {
      for (const stream of ["stdout", "stderr"] as const) await rotateInPlace(folder(run), stream, limits);
    };
    const look = (): void => {
      rotate()
        .catch((error: unknown) => {
          runtime.report(error, { task: `log of ${run.uid}` });
        })
        .finally(() => {
          if (!over) timer.reset(rotateEveryMs);
        });
    };
    let over = false;
    const timer = runtime.timer(rotateEveryMs, look, "log rotation");
    timer.unref();
    return {
      [Symbol.dispose]: () => {
        over = true;
        timer[Symbol.dispose]();
      },
    };
  };

  /** The pid of a run that somebody else claimed; its shim may be about to start it, or may have died before. */
  const pidOf = async (dir: string): Promise<number | undefined> => {
    for (;;) {
      const pid = await readPid(dir);
      if (pid !== undefined) return pid;
      const claim = await readClaim(dir);
      if (claim === undefined || !(await isAlive(claim))) return await readPid(dir);
      await runtime.sleep(1);
    }
  };

  const startOrFind = async (spec: RunSpec): Promise<Run> => {
    const dir = folder(spec);
    if ((await readClaim(dir)) === undefined) {
      const program = await findProgram(spec);
      await makeFolder(stateDir, spec);
      const shim = await startShim(spec, program, dir);
      if (shim.pid !== undefined) shims.set(runKey(spec), shim);
    }
    specs.set(runKey(spec), spec);
    void track(spec);
    return await found(spec);
  };

  const found = async ({ uid, restart }: RunId): Promise<Run> => {
    const dir = folder({ uid, restart });
    const pid = await pidOf(dir);
    const port = await readPort(dir);
    return { uid, restart, ...(pid === undefined ? {} : { pid }), ...(port === undefined ? {} : { port }) };
  };

  return {
    survivesAgent: true,
    stateDir,
    async start(spec) {
      try {
        return await startOrFind(spec);
      } catch (cause) {
        if (cause instanceof StartError) throw cause;
        throw new StartError("StartFailed", "what is kept of this start could not be read", { cause });
      }
    },
    async status(run) {
      const dir = folder(run);
      const claim = await readClaim(dir);
      if (claim === undefined) return { state: "unknown" };
      if (await isAlive(claim)) return { state: "running", run: await found(run) };
      return { state: "exited", exit: await endOf(dir, claim) };
    },
    async stop(run, graceMs) {
      const dir = folder(run);
      const claim = await readClaim(dir);
      if (claim === undefined) return;
      if (await isAlive(claim)) {
        shims.get(runKey(run))?.process.ref(); // until now it was no reason to stay
        signalGroup(claim.leader, "SIGTERM");
        using _force = runtime.timer(graceMs, () => void signalGroup(claim.leader, "SIGKILL"), "grace");
        await track(run);
      } else await endOf(dir, claim);
    },
    async list() {
      const runs: Run[] = [];
      for (const uid of (await ifThere(readdir(stateDir))) ?? []) {
        for (const restart of (await ifThere(readdir(join(stateDir, uid)))) ?? []) {
          const dir = join(stateDir, uid, restart);
          const claim = await readClaim(dir);
          if (claim === undefined || (await readExit(dir)) !== undefined || !(await isAlive(claim))) continue;
          runs.push(await found({ uid, restart: Number(restart) }));
        }
      }
      return runs;
    },
    events: (listen) => events.listen(listen),
    async exec(run, command, { signal } = {}) {
      const { env = {}, cwd = "." } = specs.get(runKey(run)) ?? {};
      return await execBeside({ ...run, command, env, cwd }, signal);
    },
    async forget(uid, { before = Number.POSITIVE_INFINITY } = {}) {
      for (const known of [specs, tracked]) {
        for (const id of known.keys()) {
          const [of, restart] = id.split("/");
          if (of === uid && Number(restart) < before) known.delete(id);
        }
      }
      await forgetFolders(stateDir, uid, before);
    },
  };
}
