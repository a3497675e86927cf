/**
 * Runs a set of commands, as many at a time as there are processors, each as soon as those it comes after are done.
 * Prints one line a step, and the output of a step only when it fails.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { env } from "node:process";

/** A command of a run. */
export interface Step {
  readonly name: string;
  /** Run by the shell, with the project's binaries on its path. */
  readonly command: string;
  /** Names of the steps whose results it needs; it is left out when one of them fails. */
  readonly after?: readonly string[];
}

/** Runs all steps; resolves with the names of those that did not succeed. */
export async function runSteps(steps: readonly Step[]): Promise<readonly string[]> {
  const done = new Map<string, boolean>();
  const waiting = [...steps];
  const running = new Set<Promise<void>>();
  while (waiting.length > 0 || running.size > 0) {
    const index = waiting.findIndex(({ after = [] }) => after.every((name) => done.has(name)));
    if (index === -1 || running.size >= availableParallelism()) {
      if (running.size === 0)
        throw new Error(`steps wait for each other: ${waiting.map(({ name }) => name).join(", ")}`);
      await Promise.race(running);
      continue;
    }
    const [step] = waiting.splice(index, 1) as [Step];
    const work = runStep(step, done).then((ok) => {
      done.set(step.name, ok);
      running.delete(work);
    });
    running.add(work);
  }
  return steps.map(({ name }) => name).filter((name) => done.get(name) !== true);
}

async function runStep({ name, command, after = [] }: Step, done: ReadonlyMap<string, boolean>): Promise<boolean> {
  if (after.some((earlier) => done.get(earlier) !== true)) {
    console.log(`- ${name.padEnd(12)} left out: ${after.join(", ")} failed`);
    return false;
  }
  const start = performance.now();
  const { ok, output } = await runCommand(command);
  console.log(`${ok ? "✓" : "✗"} ${name.padEnd(12)} ${((performance.now() - start) / 1000).toFixed(1)} s`);
  if (!ok) console.log(`\n$ ${command}\n${output}`);
  return ok;
}

function runCommand(command: string): Promise<{ readonly ok: boolean; readonly output: string }> {
  return new Promise((resolve) => {
    const path = `node_modules/.bin:${env["PATH"] ?? ""}`;
    const child = spawn(command, { shell: true, env: { ...env, PATH: path, FORCE_COLOR: "0", NO_COLOR: "1" } });
    let output = "";
    const keep = (chunk: Buffer): void => void (output += chunk.toString());
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.on("close", (code) => {
      resolve({ ok: code === 0, output });
    });
  });
}
