import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { resolve } from "node:path";
import type { Readable } from "node:stream";
import { Worker } from "node:worker_threads";
import { onAbort } from "../../core/abort-hub.js";
import { type Runtime, currentRuntime } from "../../core/index.js";
import { StartError } from "./errors.js";
import { type LogLimits, type LogStream, LogWriter, logLimits, runFolder } from "./log-file.js";
import { forgetFolders, makeFolder } from "./run-folder.js";
import { RunTable } from "./run-table.js";
import type { RunExit, RunSpec, WorkloadRuntime } from "./workload-runtime.js";

/** How {@link workerRuntime} works. */
export interface WorkerRuntimeOptions {
  /** Where their output goes. @defaultValue it is not kept */
  readonly stateDir?: string;
  /** How much output is kept. @defaultValue three files of 10 MiB */
  readonly logs?: LogLimits;
  /** Clock and timers. @defaultValue the ambient one */
  readonly runtime?: Runtime;
}

/** The message that asks a worker to end. */
export const stopMessage = "keelson:stop";

/**
 * Runs instances as worker threads: the command is a module and its arguments.
 *
 * @remarks
 * A stop posts {@link stopMessage} to the worker, and terminates the thread after the grace. `resources.memory`, in
 * bytes, bounds the thread's heap; one that outgrows it ends with the reason `OOMKilled`. The threads end with this
 * process.
 *
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { workerRuntime } from "keelson/reconcilers";
 *
 * const cwd = await mkdtemp(join(tmpdir(), "keelson-"));
 * await writeFile(join(cwd, "three.mjs"), "process.exit(3)");
 * const runtime = workerRuntime();
 * const ends = runtime.events()[Symbol.asyncIterator]();
 * await runtime.start({ uid: "u1", restart: 0, command: ["three.mjs"], env: {}, cwd });
 * (await ends.next()).value // => { uid: "u1", restart: 0, exit: { code: 3 } }
 * ```
 */
export function workerRuntime(options: WorkerRuntimeOptions = {}): WorkloadRuntime {
  const { stateDir, runtime = currentRuntime() } = options;
  const limits = logLimits(options.logs);
  const runs = new RunTable<Worker>(runtime);

  const begin = (spec: RunSpec, module: string, ended: (exit: RunExit) => void): Worker => {
    const worker = spawnWorker(spec, module);
    const writer = stateDir === undefined ? undefined : new LogWriter(runFolder(stateDir, spec), limits, runtime);
    const piped = [pipe(worker.stdout, "stdout", writer), pipe(worker.stderr, "stderr", writer)];
    void exitOf(worker).then(async (exit) => {
      await Promise.all(piped);
      await writer?.flush();
      ended(exit);
    });
    return worker;
  };

  return {
    survivesAgent: false,
    stateDir,
    async start(spec) {
      const module = await findModule(spec);
      if (stateDir !== undefined) await runtime.real(() => makeFolder(stateDir, spec));
      return runs.start(spec, (ended) => begin(spec, module, ended));
    },
    status: (run) => runtime.ready(runs.status(run)),
    async stop(run, graceMs) {
      const entry = runs.running(run);
      if (entry === undefined) return;
      const { handle: worker, ended } = entry;
      worker.postMessage(stopMessage);
      const terminate = (): void => {
        runs.override(run, { signal: "SIGKILL" });
        void worker.terminate();
      };
      using _grace = runtime.timer(graceMs, terminate, "grace");
      await ended.promise;
    },
    list: () => runtime.ready(runs.list()),
    events: (listen) => runs.events.listen(listen),
    async exec(run, command, { signal } = {}) {
      const { env = {}, cwd = "." } = runs.running(run)?.spec ?? {};
      const spec: RunSpec = { ...run, command, env, cwd };
      const module = await findModule(spec);
      signal?.throwIfAborted();
      const worker = spawnWorker(spec, module);
      worker.stdout.resume();
      worker.stderr.resume();
      const registration =
        signal === undefined ? undefined : onAbort(signal, { aborted: () => void worker.terminate() });
      const { code = 1 } = await exitOf(worker);
      registration?.unlink();
      signal?.throwIfAborted();
      return code;
    },
    async forget(uid, { before = Number.POSITIVE_INFINITY } = {}) {
      runs.forget(uid, before);
      if (stateDir !== undefined) await runtime.real(() => forgetFolders(stateDir, uid, before));
    },
  };
}

function spawnWorker({ command, env, resources }: RunSpec, module: string): Worker {
  const memory = resources?.["memory"];
  return new Worker(module, {
    argv: command.slice(1),
    env: { ...process.env, ...env },
    stdout: true,
    stderr: true,
    ...(memory === undefined
      ? {}
      : { resourceLimits: { maxOldGenerationSizeMb: Math.max(1, Math.floor(memory / 1_048_576)) } }),
  });
}

async function findModule({ command: [module = ""], cwd }: RunSpec): Promise<string> {
  const file = resolve(cwd, module);
  try {
    await access(file, constants.R_OK);
    return file;
  } catch (cause) {
    throw new StartError("CommandNotFound", `spec.command[0]: no such module: ${JSON.stringify(module)}`, { cause });
  }
}

/** How a worker ended; an error that nobody caught is told before its exit. */
function exitOf(worker: Worker): Promise<RunExit> {
  return new Promise((done) => {
    let failure: Omit<RunExit, "code"> = {};
    // Not once: one that has failed may run out of memory yet, and an error nobody hears ends this process.
    worker.on("error", (error: NodeJS.ErrnoException) => {
      const oom = error.code === "ERR_WORKER_OUT_OF_MEMORY" ? { reason: "OOMKilled" } : {};
      failure = { ...oom, message: error.message };
    });
    worker.once("exit", (code) => {
      done({ code, ...failure });
    });
  });
}

async function pipe(from: Readable, stream: LogStream, writer: LogWriter | undefined): Promise<void> {
  from.setEncoding("utf8"); // a chunk may end in the midst of a character
  for await (const chunk of from) writer?.write(stream, chunk as string);
}
