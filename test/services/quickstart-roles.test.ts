import { type ChildProcess, spawn } from "node:child_process";
import { cp, mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env, execPath } from "node:process";
import { Deployment, Instance } from "keelson/reconcilers";
import { type ResourceClient, createResourceClient, waitFor } from "keelson/resources";
import { openStore } from "keelson/store/open";
import { afterEach, beforeEach, expect, test } from "vitest";
import { etcdMissing, postgresMissing, unasked, startEtcd, startPostgres } from "../support/servers.js";
import { sqliteMissing } from "../support/sqlite.js";
import { describeUnless } from "../support/when.js";

const patience = 600_000;
const nodes = ["alpha", "beta", "gamma"];
const ttlMs = 3_000;

/** What a new leader may take: the rest of the old one's lease, a retry, the store's sweep and its poll. */
const takeOverMs = ttlMs + 2_400 + 500 + 250;

interface Place extends AsyncDisposable {
  readonly url: string;
}

const places: readonly (readonly [string, string | undefined, (folder: string) => Promise<Place>])[] = [
  [
    "SQLite",
    unasked ?? sqliteMissing,
    (folder) =>
      Promise.resolve({ url: `sqlite:${join(folder, "state.db")}`, [Symbol.asyncDispose]: () => Promise.resolve() }),
  ],
  ["Postgres", postgresMissing(), () => startPostgres({ fsync: "off" })],
  ["etcd", etcdMissing(), () => startEtcd({ members: 1 })],
];

/** A process of the quickstart, and what it has said. */
class Role {
  readonly process: ChildProcess;
  output = "";
  readonly #closed: Promise<void>;
  #heard: (() => void) | undefined = undefined;

  constructor(folder: string, url: string, role: string, ...flags: readonly string[]) {
    const main = [
      "--import",
      "tsx",
      "examples/quickstart/main.ts",
      "--store",
      url,
      "--ttl",
      `${ttlMs}ms`,
      "--role",
      role,
    ];
    const args = [...main, "--manifest", join(folder, "manifest.json"), ...flags];
    this.process = spawn(execPath, args, { env: { ...env, KEELSON_TEST: folder }, stdio: ["ignore", "pipe", "pipe"] });
    const take = (chunk: Buffer): void => {
      this.output += chunk.toString();
      this.#heard?.();
    };
    this.process.stdout?.on("data", take);
    this.process.stderr?.on("data", take);
    this.#closed = new Promise((done) =>
      this.process.once("close", () => {
        this.#heard?.();
        done();
      }),
    );
  }

  /** Waits until it has said this. */
  async says(text: string): Promise<void> {
    while (!this.output.includes(text)) {
      if (this.process.exitCode !== null) throw new Error(`it ended before it said ${text}:\n${this.output}`);
      await new Promise<void>((resolve) => (this.#heard = resolve));
    }
  }

  /** The token with which it leads. */
  get token(): number {
    return Number(/leads, with token (?<token>\d+)/.exec(this.output)?.groups?.["token"]);
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    this.process.kill(signal);
    await this.#closed;
    return this.process.exitCode;
  }
}

/** Commands of the processes that were started below this test, by pid. */
async function running(folder: string): Promise<ReadonlyMap<number, string>> {
  const found = new Map<number, string>();
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const environ = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
    if (!environ.includes(`KEELSON_TEST=${folder}\0`)) continue;
    found.set(
      Number(pid),
      (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).replaceAll("\0", " ").trim(),
    );
  }
  return found;
}

async function available(client: ResourceClient, replicas: number): Promise<Map<string, number | undefined>> {
  await waitFor(
    client,
    Deployment,
    "web",
    ({ status }) => status?.availableReplicas === replicas && status.replicas === replicas,
    { timeout: "120s" },
  );
  const { items } = await client.list(Instance, { labels: "app=web" });
  return new Map(items.map(({ metadata, status }) => [metadata.uid, status?.pid]));
}

for (const [name, missing, open] of places) {
  describeUnless(missing, `two control planes and three agents on ${name}`, () => {
    let folder = "";
    const roles: Role[] = [];
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), "keelson-roles-test-"));
      await cp("examples/quickstart", folder, { recursive: true });
    });
    afterEach(async () => {
      for (const role of roles.splice(0)) await role.end("SIGKILL");
      for (const pid of (await running(folder)).keys()) process.kill(pid, "SIGKILL");
      await rm(folder, { recursive: true, force: true });
    });

    test(
      "kill -9 of the leader: the other one takes over, and no instance is doubled or lost",
      { timeout: patience },
      async () => {
        await using place = await open(folder);
        const start = (role: string, ...flags: readonly string[]): Role => {
          const started = new Role(folder, place.url, role, ...flags);
          roles.push(started);
          return started;
        };
        const first = start("control");
        await first.says("leads, with token");
        const second = start("control");
        const agents = nodes.map((node) => start("agent", "--node", node, "--state-dir", join(folder, "state")));
        await second.says("is up");
        const store = await openStore(place.url);
        const client = createResourceClient(store);
        const before = await available(client, 3);

        const killed = performance.now();
        await first.end("SIGKILL");
        await second.says("leads, with token");
        const took = performance.now() - killed;
        console.log(`${name}: a new leader ${Math.round(took)} ms after kill -9, ${takeOverMs} allowed`);
        expect(took).toBeLessThanOrEqual(takeOverMs);
        expect(second.token).toBeGreaterThan(first.token);
        const web = await client.get(Deployment, "web");
        if (web === undefined) throw new Error("there is no Deployment web");
        await client.update(web, (draft) => {
          draft.spec.replicas = 5;
        });
        const after = await available(client, 5);
        expect([...after].filter(([uid]) => before.has(uid))).toEqual([...before]);
        const pids = [...after.values()].sort();
        const servers = [...(await running(folder))].filter(([, command]) => /^\S*node server\.mjs$/.test(command));
        expect(servers.map(([pid]) => pid).sort()).toEqual(pids);

        expect(await second.end("SIGTERM")).toBe(0);
        for (const agent of agents) expect(await agent.end("SIGTERM")).toBe(0);
        expect([...(await running(folder)).values()]).toEqual([]);
        await store.close();
      },
    );
  });
}
