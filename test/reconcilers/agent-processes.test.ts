import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execPath, kill } from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Instance, type InstanceSpec, childProcessRuntime, createAgent } from "keelson/reconcilers";
import { createResourceClient, findCondition, waitFor } from "keelson/resources";
import { exportSnapshot } from "keelson/store";
import { memoryStore } from "keelson/store/memory";

const script = fileURLToPath(new URL("fixtures/agent.ts", import.meta.url));

/** What an agent in a process of its own says of an instance. */
interface Said {
  readonly name: string;
  readonly pid?: number;
  readonly restarts?: number;
  readonly lastExit?: { readonly signal?: string };
}

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "keelson-agent-"));
});
afterEach(async () => {
  // Until none is left: what is being killed may have started another, or be about to write into the folder.
  for (let left = await ours(); left.length > 0; left = await ours()) for (const pid of left) killHard(Number(pid));
  await rm(folder, { recursive: true, force: true });
});

/** The processes, shims included, that carry this test's mark. */
async function ours(): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const marks = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/environ`, "utf8").catch(() => "")));
  return pids.filter((_, index) => marks[index]?.includes(`MARK=${folder}\0`));
}

/** Kills a process that may end by itself meanwhile, as those do whose shim is killed. */
function killHard(pid: number): void {
  try {
    kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** The names that were written to a file, sorted, once there are so many. */
async function written(file: string, count: number): Promise<readonly string[]> {
  for (;;) {
    const lines = (await readFile(join(folder, file), "utf8").catch(() => "")).split("\n").slice(0, -1);
    if (lines.length >= count) return lines.sort();
    await new Promise(setImmediate);
  }
}

/** Starts an agent in a process of its own; answers once what it says passes. */
class AgentProcess {
  readonly child: ChildProcess;
  readonly last = new Map<string, Said>();
  #heard: () => void = () => undefined;

  constructor(snapshot: string) {
    this.child = spawn(execPath, ["--import", "tsx", script, snapshot, join(folder, "state")], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    if (this.child.stdout === null) throw new Error("no output");
    createInterface(this.child.stdout).on("line", (line) => {
      const said = JSON.parse(line) as Said;
      this.last.set(said.name, said);
      this.#heard();
    });
  }

  async until(holds: (all: readonly Said[]) => boolean): Promise<readonly Said[]> {
    while (!holds([...this.last.values()])) {
      await new Promise<void>((done) => {
        this.#heard = done;
      });
    }
    return [...this.last.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async kill(): Promise<void> {
    const gone = new Promise((done) => this.child.once("exit", done));
    this.child.kill("SIGKILL");
    await gone;
  }
}

const spec = (script: string, more: Partial<InstanceSpec> = {}): InstanceSpec => ({
  command: ["sh", "-c", script],
  env: { MARK: folder },
  cwd: folder,
  nodeName: "a",
  ...more,
});

describe.runIf(process.platform === "linux")("an agent of real processes", () => {
  it("R9.2 killed with -9 and started again: takes over what runs, by uid; none doubled, none lost", async () => {
    const store = memoryStore();
    const client = createResourceClient(store);
    for (const name of ["one", "two", "three"]) {
      await client.create(Instance, { metadata: { name }, spec: spec(`echo ${name} >>starts; exec sleep 1000`) });
    }
    const lines: string[] = [];
    for await (const line of exportSnapshot(store, { prefix: "/" })) lines.push(line);
    await writeFile(join(folder, "snapshot"), lines.join(""));
    const run = (all: readonly Said[]): boolean => all.length === 3 && all.every(({ pid }) => pid !== undefined);

    const first = new AgentProcess(join(folder, "snapshot"));
    const before = await first.until(run);
    expect(await written("starts", 3)).toEqual(["one", "three", "two"]);
    await first.kill();
    for (const { pid = 0 } of before) expect(kill(pid, 0), "it runs on").toBe(true);
    // One ends while nobody looks.
    const [, , victim] = before;
    kill(victim?.pid ?? 0, "SIGTERM");

    const second = new AgentProcess(join(folder, "snapshot"));
    const after = await second.until((all) => run(all) && all.some(({ restarts }) => restarts === 1));
    await second.kill();
    expect(await written("starts", 4)).toEqual(["one", "three", "two", victim?.name].sort());
    expect(after.map(({ restarts }) => restarts)).toEqual([0, 0, 1]);
    expect(after.slice(0, 2).map(({ pid }) => pid)).toEqual(before.slice(0, 2).map(({ pid }) => pid));
    expect(after[2]?.lastExit).toMatchObject({ signal: "SIGTERM" });
  });

  it("R9.5 R9.3 a failed readiness flips the condition, a failed liveness restarts; grace, then SIGKILL", async () => {
    const store = memoryStore();
    const client = createResourceClient(store);
    const workloads = childProcessRuntime({ stateDir: join(folder, "state") });
    const stop = new AbortController();
    const running = createAgent({ store, node: "a", capacity: {}, workloads }).run(stop.signal);
    await writeFile(join(folder, "alive"), "");
    const probe = (file: string): InstanceSpec["readiness"] => ({
      exec: ["test", "-e", file],
      periodSeconds: 0.1,
      timeoutSeconds: 60,
      failureThreshold: 2,
    });
    const instance = await client.create(Instance, {
      metadata: { name: "web" },
      spec: spec("trap '' TERM; : >ready; while :; do sleep 0.1; done", {
        readiness: probe("ready"),
        liveness: probe("alive"),
        terminationGracePeriodSeconds: 0.3,
      }),
    });
    const becomes = (holds: (found: Instance) => boolean): Promise<Instance> =>
      waitFor(client, Instance, "web", holds, { timeout: "1m" });
    const isReady = ({ status }: Instance): boolean => findCondition(status?.conditions, "Ready")?.status === "True";
    const first = await becomes(isReady);
    await rm(join(folder, "ready"));
    const unready = await becomes((found) => !isReady(found));
    expect(unready.status).toMatchObject({ restarts: 0, pid: first.status?.pid });
    await writeFile(join(folder, "ready"), "");
    await becomes(isReady);
    await rm(join(folder, "alive"));
    const restarted = await becomes(({ status }) => status?.restarts === 1);
    expect(restarted.status?.lastExit).toMatchObject({ signal: "SIGKILL", reason: "LivenessFailed" });
    await writeFile(join(folder, "alive"), "");
    await client.delete(instance);
    while ((await client.get(Instance, "web")) !== undefined) await new Promise(setImmediate);
    while ((await ours()).length > 0) await new Promise(setImmediate);
    stop.abort();
    await running;
  });
});
