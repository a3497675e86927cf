import { checkFunction } from "../../core/check.js";
import { type Runtime, currentRuntime } from "../../core/index.js";
import { LinkedSignal } from "../../core/linked-signal.js";
import { StartError } from "./errors.js";
import { type LogLimits, type LogStream, LogWriter, logLimits, runFolder } from "./log-file.js";
import { forgetFolders, makeFolder } from "./run-folder.js";
import { RunTable } from "./run-table.js";
import type { RunExit, RunSpec, WorkloadRuntime } from "./workload-runtime.js";

/** What a function gets that runs as an instance. */
export interface FunctionContext {
  /** What follows the function's name in the instance's command. */
  readonly args: readonly string[];
  /** The instance's environment variables; not the process's. */
  readonly env: Readonly<Record<string, string>>;
  /** Aborts when the function is to end. */
  readonly signal: AbortSignal;
  /** Writes a line to the instance's output. */
  readonly log: (line: string) => void;
}

/** A function that runs as an instance, until it returns: an exit code, or nothing for 0. A throw is exit code 1. */
export type WorkloadFunction = (
  context: FunctionContext,
) => Promise<number | undefined> | Promise<void> | number | undefined;

/** How {@link inProcessRuntime} works. */
export interface InProcessOptions {
  /** The functions, by the name that an instance's command begins with. */
  readonly functions: Readonly<Record<string, WorkloadFunction>>;
  /** Where their output goes. @defaultValue it is not kept */
  readonly stateDir?: string;
  /** How much output is kept. @defaultValue three files of 10 MiB */
  readonly logs?: LogLimits;
  /** Clock and timers. @defaultValue the ambient one */
  readonly runtime?: Runtime;
}

/**
 * Runs instances as functions in this process: for tests, and for work that needs no walls around it.
 *
 * @remarks
 * A stop aborts the function's signal. One that does not end within its grace cannot be ended: it is let go, counts as
 * ended with the reason `Leaked`, and is reported to the runtime.
 *
 * @example
 * ```ts
 * import { inProcessRuntime } from "keelson/reconcilers";
 *
 * const runtime = inProcessRuntime({ functions: { answer: ({ args }) => Number(args[0]) } });
 * const ends = runtime.events()[Symbol.asyncIterator]();
 * await runtime.start({ uid: "u1", restart: 0, command: ["answer", "42"], env: {}, cwd: "." });
 * (await ends.next()).value // => { uid: "u1", restart: 0, exit: { code: 42 } }
 * ```
 */
export function inProcessRuntime(options: InProcessOptions): WorkloadRuntime {
  const { functions, stateDir, runtime = currentRuntime() } = options;
  for (const [name, fn] of Object.entries(functions)) checkFunction(`functions.${name}`, fn);
  const limits = logLimits(options.logs);
  const runs = new RunTable<LinkedSignal>(runtime);

  const named = ([name = ""]: readonly string[]): WorkloadFunction => {
    const fn = Object.hasOwn(functions, name) ? functions[name] : undefined;
    if (fn !== undefined) return fn;
    throw new StartError("CommandNotFound", `spec.command[0]: no such function: ${JSON.stringify(name)}`);
  };

  /** Calls a function; whatever comes of it is an exit. */
  const call = async (
    fn: WorkloadFunction,
    { command, env }: Pick<RunSpec, "command" | "env">,
    { signal }: LinkedSignal,
    write: (stream: LogStream, text: string) => void,
  ): Promise<RunExit> => {
    const log = (line: string): void => {
      write("stdout", `${line}\n`);
    };
    try {
      return { code: (await fn({ args: command.slice(1), env, signal, log })) ?? 0 };
    } catch (error) {
      if (signal.aborted && error === signal.reason) return { code: 0 }; // it ends because it was asked to
      const message = error instanceof Error ? error.message : String(error);
      write("stderr", `${message}\n`);
      return { code: 1, message };
    }
  };

  const callLogged = async (fn: WorkloadFunction, spec: RunSpec, link: LinkedSignal): Promise<RunExit> => {
    if (stateDir === undefined) return await call(fn, spec, link, () => undefined);
    const writer = new LogWriter(runFolder(stateDir, spec), limits, runtime);
    const exit = await call(fn, spec, link, (stream, text) => {
      writer.write(stream, text);
    });
    await writer.flush();
    return exit;
  };

  return {
    survivesAgent: false,
    stateDir,
    async start(spec) {
      const fn = named(spec.command);
      if (stateDir !== undefined) await runtime.real(() => makeFolder(stateDir, spec));
      const run = runs.start(spec, (ended) => {
        const link = new LinkedSignal();
        void callLogged(fn, spec, link).then(ended);
        return link;
      });
      return await runtime.ready(run);
    },
    status: (run) => runtime.ready(runs.status(run)),
    async stop(run, graceMs) {
      const entry = runs.running(run);
      if (entry === undefined) return;
      entry.handle.abort(new Error("the instance is to end"));
      const letGo = (): void => {
        runs.finish(run, { reason: "Leaked", message: `did not end within ${String(graceMs)} ms` });
        runtime.report(new Error(`a function does not end: ${entry.spec.command[0] ?? ""}`), { task: run.uid });
      };
      using _grace = runtime.timer(graceMs, letGo, "grace");
      await entry.ended.promise;
    },
    list: () => runtime.ready(runs.list()),
    events: (listen) => runs.events.listen(listen),
    async exec(run, command, { signal } = {}) {
      const fn = named(command);
      const env = runs.running(run)?.spec.env ?? {};
      using link = new LinkedSignal(signal);
      const { code = 1 } = await call(fn, { command, env }, link, () => undefined);
      signal?.throwIfAborted();
      return code;
    },
    async forget(uid, { before = Number.POSITIVE_INFINITY } = {}) {
      runs.forget(uid, before);
      if (stateDir !== undefined) await runtime.real(() => forgetFolders(stateDir, uid, before));
    },
  };
}
