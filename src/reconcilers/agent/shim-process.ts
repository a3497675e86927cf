import { type ChildProcess, spawn } from "node:child_process";
import { StartError } from "./errors.js";
import { shim } from "./shim.js";
import type { RunSpec } from "./workload-runtime.js";

/** A shim that this process started. */
export interface ShimProcess {
  readonly process: ChildProcess;
  /** What it said first: its child's pid, or `undefined` when somebody else had claimed the run. */
  readonly pid: number | undefined;
  /** Resolves once it has ended. */
  readonly ended: Promise<void>;
}

/**
 * Starts a run's shim, detached, and waits for what it says first.
 *
 * @throws StartError when it cannot be started.
 * @internal
 */
export async function startShim(spec: RunSpec, program: string, dir: string): Promise<ShimProcess> {
  const child = spawn("/bin/sh", ["-c", shim, "keelson-shim", dir, program, ...spec.command.slice(1)], {
    cwd: spec.cwd,
    env: { ...process.env, ...spec.env, KEELSON_PORT: spec.port === undefined ? "" : String(spec.port) },
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
  return { process: child, pid: answer === "taken" ? undefined : Number.parseInt(answer, 10), ended };
}

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
