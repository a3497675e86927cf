import { expect, test } from "vitest";
import { etcdMissing, postgresMissing, startEtcd, startPostgres } from "../support/servers.js";
import { describeUnless } from "../support/when.js";

/** A server that has been stopped where it stands will not answer, however long one waits. */
const pausedMs = 2_000;

async function healthOf(endpoint: string, signal?: AbortSignal): Promise<string> {
  const response = await fetch(`http://${endpoint}/health`, signal === undefined ? {} : { signal });
  return response.text();
}

describeUnless(etcdMissing(), "an etcd for tests", () => {
  test("answers, survives a kill, a restart and a pause, and leaves nothing", async () => {
    const etcd = await startEtcd();
    const [endpoint = ""] = etcd.endpoints;
    const [member] = etcd.members;
    expect(await healthOf(endpoint)).toContain("true");
    await member?.kill();
    await expect(healthOf(endpoint)).rejects.toThrow();
    await member?.start();
    expect(await healthOf(endpoint)).toContain("true");
    member?.pause();
    await expect(healthOf(endpoint, AbortSignal.timeout(pausedMs))).rejects.toThrow();
    member?.resume();
    await member?.ready(); // it may take its own silence for a lost election
    expect(await healthOf(endpoint)).toContain("true");
    await etcd.stop();
    await expect(healthOf(endpoint)).rejects.toThrow();
  });

  test("may have three members", async () => {
    await using etcd = await startEtcd({ members: 3 });
    expect(etcd.members).toHaveLength(3);
    await etcd.members[1]?.kill();
    await etcd.members[0]?.ready(); // it may have been the leader that died
    expect(await healthOf(etcd.endpoints[0] ?? "")).toContain("true");
  });
});

describeUnless(postgresMissing(), "a Postgres for tests", () => {
  test("lets in who has the password, is restarted, and leaves nothing", async () => {
    const { default: pg } = await import("pg");
    const postgres = await startPostgres();
    const ask = async (url: string): Promise<unknown> => {
      const client = new pg.Client({ connectionString: url });
      client.on("error", () => undefined);
      try {
        await client.connect();
        return (await client.query("select 1 as one")).rows;
      } finally {
        await client.end().catch(() => undefined);
      }
    };
    expect(await ask(postgres.url)).toEqual([{ one: 1 }]);
    await expect(ask(postgres.url.replace("secret", "wrong"))).rejects.toThrow("password");
    await postgres.process.kill();
    await expect(ask(postgres.url)).rejects.toThrow();
    await postgres.process.start();
    expect(await ask(postgres.url)).toEqual([{ one: 1 }]);
    await postgres.stop();
    await expect(ask(postgres.url)).rejects.toThrow();
  });
});
