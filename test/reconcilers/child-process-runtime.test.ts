import { spawn } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { kill } from "node:process";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Run, type RunExit, type RunSpec, type WorkloadRuntime, childProcessRuntime } from "keelson/reconcilers";
import { mapConcurrent } from "keelson/tasks";
import { shim } from "../../src/reconcilers/agent/shim.js";
import { runs } from "../support/deep.js";
import { outcome } from "../support/outcome.js";

let stateDir = "";
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "keelson-runtime-"));
});
afterEach(async () => {
  while ((await ours()).length > 0) await new Promise(setImmediate); // a kill takes its moment; a leak takes for ever
  await rm(stateDir, { recursive: true, force: true });
});

/** The processes, shims included, that were started with this test's folder in their environment. */
async function ours(): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const marks = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/environ`, "utf8").catch(() => "")));
  return pids.filter((_, index) => marks[index]?.includes(`KEELSON_TEST=${stateDir}\0`));
}

function shell(script: string, restart = 0): RunSpec {
  return { uid: "u1", restart, command: ["sh", "-c", script], env: { KEELSON_TEST: stateDir }, cwd: stateDir };
}

function pidOf({ pid }: Run): number {
  if (pid === undefined) throw new Error("there is no process");
  return pid;
}

async function exited(runtime: WorkloadRuntime, run: Run): Promise<RunExit> {
  for (;;) {
    const status = await runtime.status(run);
    if (status.state === "exited") return status.exit;
    await new Promise(setImmediate);
  }
}

/** Says on its output that it is ready, and is then deaf to SIGTERM, together with a child of its own. */
const stubborn = "trap '' TERM; sleep 1000 & echo ready; while :; do wait; done";

async function said(restart: number, text: string): Promise<void> {
  for (;;) {
    const log = await readFile(join(stateDir, "u1", String(restart), "stdout.log"), "utf8").catch(() => "");
    if (log.includes(text)) return;
    await new Promise(setImmediate);
  }
}

describe.runIf(process.platform === "linux")("childProcessRuntime", () => {
  it("R9.4 tells exit codes, also of processes that are over at once", async () => {
    const runtime = childProcessRuntime({ stateDir });
    for (const [restart, code] of [0, 1, 3, 127].entries()) {
      const run = await runtime.start(shell(`exit ${String(code)}`, restart));
      expect(await exited(runtime, run)).toEqual({ code });
    }
  });

  it("R9.4 tells the signal that ended a process", async () => {
    const runtime = childProcessRuntime({ stateDir });
    const run = await runtime.start(shell("exec sleep 1000"));
    kill(pidOf(run), "SIGKILL");
    expect(await exited(runtime, run)).toEqual({ signal: "SIGKILL" });
  });

  it("R9.3 stops with SIGTERM, and lets a process end by itself", async () => {
    const runtime = childProcessRuntime({ stateDir });
    const run = await runtime.start(shell("trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.01; done"));
    await said(0, "ready");
    await runtime.stop(run, 60_000);
    expect(await exited(runtime, run)).toEqual({ code: 7 });
    expect(await readFile(join(stateDir, "u1", "0", "stdout.log"), "utf8")).toBe("ready\nbye\n");
  });

  it("R9.3 tells the exit code of a process that ends the moment it is told to, not the signal that told it", async () => {
    const runtime = childProcessRuntime({ stateDir });
    const prompt = "trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done";
    const once = async (restart: number): Promise<RunExit> => {
      const run = await runtime.start(shell(prompt, restart));
      await said(restart, "ready");
      await runtime.stop(run, 60_000);
      return await exited(runtime, run);
    };
    const ends = new Set<string>();
    // Not all at once: hundreds of shells that look for their signal would leave nothing of the machine to other tests.
    const all = Array.from({ length: runs(300) }, (_, restart) => restart);
    for await (const end of mapConcurrent(all, 8, once)) ends.add(JSON.stringify(end));
    expect(ends).toEqual(new Set(['{"code":7}']));
  });

  it("R9.3 the shim ignores signals: one it caught would end its wait, once in a thousand with the signal's status", async () => {
    const runtime = childProcessRuntime({ stateDir });
    const run = await runtime.start(shell("exec sleep 1000"));
    const leader = Number.parseInt(await readFile(join(stateDir, "u1", "0", "claim"), "utf8"), 10);
    const status = await readFile(`/proc/${String(leader)}/status`, "utf8");
    const isIn = (mask: string, signal: NodeJS.Signals): boolean => {
      const [, bits = ""] = new RegExp(`^${mask}:\\s+(\\w+)`, "m").exec(status) ?? [];
      return ((BigInt(`0x${bits}`) >> BigInt(constants.signals[signal] - 1)) & 1n) === 1n;
    };
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP", "SIGPIPE"] as const) {
      expect([signal, isIn("SigIgn", signal), isIn("SigCgt", signal)]).toEqual([signal, true, false]);
    }
    await runtime.stop(run, 60_000);
  });

  it("R9.3 a stop that follows the start at once is heard, though the program has not taken over yet", async () => {
    const runtime = childProcessRuntime({ stateDir });
    for (let restart = 0; restart < 30; restart += 1) {
      const run = await runtime.start(shell("exec sleep 1000", restart));
      await runtime.stop(run, 60_000);
      expect(await exited(runtime, run)).toEqual({ signal: "SIGTERM" });
    }
  });

  it("R9.3 kills a process that ignores SIGTERM after its grace, and its whole group", async () => {
    const runtime = childProcessRuntime({ stateDir });
    const run = await runtime.start(shell(stubborn));
    await said(0, "ready");
    await runtime.stop(run, 50);
    expect(await exited(runtime, run)).toEqual({ signal: "SIGKILL" });
  });

  it("ends what a process leaves behind in its group", async () => {
    const runtime = childProcessRuntime({ stateDir });
    const run = await runtime.start(shell("sleep 1000 & exit 0"));
    expect(await exited(runtime, run)).toEqual({ code: 0 });
  });

  it("R9.2 makes each start once, however often and by whomever it is asked for", async () => {
    const first = childProcessRuntime({ stateDir });
    const second = childProcessRuntime({ stateDir });
    const spec = shell("echo started; exec sleep 1000");
    const all = [first.start(spec), first.start(spec), second.start(spec), second.start(spec)];
    const runs = await Promise.all(all);
    expect(new Set(runs.map(({ pid }) => pid)).size).toBe(1);
    await said(0, "started");
    expect(await second.list()).toEqual([runs[0]]);
    await first.stop({ uid: "u1", restart: 0 }, 60_000);
    expect(await readFile(join(stateDir, "u1", "0", "stdout.log"), "utf8")).toBe("started\n");
  });

  it("R9.1 finds runs again, and how they ended, after the agent's death", async () => {
    const earlier = childProcessRuntime({ stateDir });
    const run = await earlier.start(shell("exec sleep 1000"));
    const later = childProcessRuntime({ stateDir, pollMs: 5 });
    expect(await later.list()).toEqual([run]);
    const ended = exited(later, run);
    kill(pidOf(run), "SIGTERM");
    expect(await ended).toEqual({ signal: "SIGTERM" });
    expect(await later.list()).toEqual([]);
    expect(await later.start(shell("exit 0"))).toEqual(run);
    expect(await exited(later, run)).toEqual({ signal: "SIGTERM" });
  });

  it("R9.1 a run goes on whose agent died before it heard of it", async () => {
    const dir = join(stateDir, "u1", "0");
    await mkdir(dir, { recursive: true });
    const script = "while [ ! -e go ]; do sleep 0.01; done; exit 7";
    const started = spawn("sh", ["-c", shim, "keelson-shim", dir, "sh", "-c", script], {
      ...{ cwd: stateDir, detached: true, stdio: ["ignore", "pipe", "ignore"] },
      env: { ...process.env, KEELSON_TEST: stateDir },
    });
    started.stdout.destroy();
    const later = childProcessRuntime({ stateDir });
    while ((await later.list()).length === 0) await new Promise(setImmediate);
    await writeFile(join(stateDir, "go"), "");
    expect(await exited(later, { uid: "u1", restart: 0 })).toEqual({ code: 7 });
  });

  it("R9.1 takes nothing for gone that cannot be read just now", async () => {
    const run = await childProcessRuntime({ stateDir }).start(shell("exec sleep 1000"));
    const later = childProcessRuntime({ stateDir, pollMs: 1 });
    const ended = later.events()[Symbol.asyncIterator]().next();
    await later.start(shell("")); // found, and looked after from now on
    const [claim, aside, link] = [join(stateDir, "u1", "0", "claim"), join(stateDir, "aside"), join(stateDir, "link")];
    await copyFile(claim, aside);
    await symlink(stateDir, link);
    await rename(link, claim); // at one instant a folder, which can no more be read than when too many files are open
    expect(await outcome(later.start(shell("exit 3")))).toMatchObject({ reason: "StartFailed" });
    for (let look = 0; look < 50; look += 1) expect(await outcome(later.status(run))).toMatchObject({ code: "EISDIR" });
    await rename(aside, claim);
    expect(await later.list()).toEqual([run]);
    kill(pidOf(run), "SIGTERM");
    expect((await ended).value).toEqual({ uid: "u1", restart: 0, exit: { signal: "SIGTERM" } });
  });

  it("ends a process whose shim was killed", async () => {
    const runtime = childProcessRuntime({ stateDir });
    const run = await runtime.start(shell("exec sleep 1000"));
    const claim = await readFile(join(stateDir, "u1", "0", "claim"), "utf8");
    kill(Number.parseInt(claim, 10), "SIGKILL");
    expect(await exited(runtime, run)).toEqual({ signal: "SIGKILL" });
  });

  it("keeps output and errors apart in files, and hands over the environment and the folder", async () => {
    const runtime = childProcessRuntime({ stateDir });
    await exited(runtime, await runtime.start(shell('echo "$KEELSON_TEST"; pwd >&2')));
    expect(await readFile(join(stateDir, "u1", "0", "stdout.log"), "utf8")).toBe(`${stateDir}\n`);
    expect(await readFile(join(stateDir, "u1", "0", "stderr.log"), "utf8")).toBe(`${stateDir}\n`);
  });

  it("names the field and the value when there is no such program or folder", async () => {
    const runtime = childProcessRuntime({ stateDir });
    expect(await outcome(runtime.start({ ...shell(""), command: ["no-such-program"] }))).toMatchObject({
      reason: "CommandNotFound",
      message: 'spec.command[0]: no such program: "no-such-program"',
    });
    expect(await outcome(runtime.start({ ...shell(""), command: [stateDir] }))).toMatchObject({
      reason: "CommandNotFound",
    });
    expect(await outcome(runtime.start({ ...shell(""), cwd: "/no/such/folder" }))).toMatchObject({
      reason: "StartFailed",
      message: 'spec.cwd: no such directory: "/no/such/folder"',
    });
    expect(await runtime.list()).toEqual([]);
  });
});
