import { spawn } from "node:child_process";
import { onAbort } from "../../core/abort-hub.js";
import { StartError } from "./errors.js";
import { signalGroup } from "./process-table.js";
import { findProgram } from "./program.js";
import type { RunSpec } from "./workload-runtime.js";

/**
 * Runs a command to its end, without its output; an abort kills it and whatever it started.
 *
 * @internal
 */
export async function execBeside(spec: RunSpec, signal: AbortSignal | undefined): Promise<number> {
  const { command, cwd, env } = spec;
  const program = await findProgram(spec);
  signal?.throwIfAborted();
  const child = spawn(program, command.slice(1), {
    cwd,
    env: { ...process.env, ...env },
    detached: true,
    stdio: "ignore",
  });
  const kill = (): void => {
    if (child.pid !== undefined) signalGroup(child.pid, "SIGKILL");
  };
  const registration = signal === undefined ? undefined : onAbort(signal, { aborted: kill });
  const code = await new Promise<number>((done, fail) => {
    child.once("error", (cause) => {
      fail(new StartError("StartFailed", `could not start ${JSON.stringify(command)}`, { cause }));
    });
    child.once("exit", (exit) => {
      done(exit ?? 1);
    });
  });
  registration?.unlink();
  signal?.throwIfAborted();
  return code;
}
