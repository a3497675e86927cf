import { setTimeout as sleep } from "node:timers/promises";
import { type FaultProxy, faultProxy } from "keelson/testing";
import type { EtcdCluster, PostgresServer } from "../support/servers.js";
import type { Nemesis } from "./linear-run.js";

/** A server behind proxies, and what breaks it. */
export interface Embattled extends AsyncDisposable {
  /** Through the proxies. */
  readonly url: string;
  readonly nemesis: Nemesis;
}

/** Waits, but no longer than the run lasts. */
async function wait(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

const between = (low: number, high: number): number => low + Math.random() * (high - low);

async function closeAll(proxies: readonly FaultProxy[]): Promise<void> {
  await Promise.all(proxies.map((proxy) => proxy[Symbol.asyncDispose]()));
}

/** Cuts clients off, in the middle of an answer or of nothing. */
function cutOne(proxies: readonly FaultProxy[]): void {
  const proxy = proxies[Math.floor(Math.random() * proxies.length)];
  if (Math.random() < 0.5) proxy?.cut();
  else void proxy?.cutAfter(Math.ceil(between(1, 2_000)), Math.random() < 0.5 ? "toTarget" : "fromTarget");
}

/** Cuts connections, and kills members one at a time; pauses them where the server is up to that. */
export async function embattledEtcd(
  etcd: EtcdCluster,
  { pauseSafe }: { readonly pauseSafe: boolean },
): Promise<Embattled> {
  const proxies = await Promise.all(etcd.endpoints.map((target) => faultProxy({ target })));
  return {
    url: `etcd://${proxies.map(({ host, port }) => `${host}:${port}`).join(",")}`,
    nemesis: async ({ signal }) => {
      while (!signal.aborted) {
        await wait(between(300, 1_200), signal);
        cutOne(proxies);
        if (Math.random() < 0.75) continue;
        const member = etcd.members[Math.floor(Math.random() * etcd.members.length)];
        if (pauseSafe && Math.random() < 0.5) {
          member?.pause();
          await wait(between(500, 3_000), signal);
          member?.resume();
        } else {
          await member?.kill();
          await wait(between(200, 2_000), signal);
          await member?.start();
        }
      }
      for (const proxy of proxies) proxy.heal();
    },
    [Symbol.asyncDispose]: () => closeAll(proxies),
  };
}

/** Cuts connections, and crashes the server now and then. */
export async function embattledPostgres(postgres: PostgresServer): Promise<Embattled> {
  const proxy = await faultProxy({ target: `127.0.0.1:${postgres.port}` });
  return {
    url: postgres.url.replace(String(postgres.port), String(proxy.port)),
    nemesis: async ({ signal }) => {
      while (!signal.aborted) {
        await wait(between(300, 1_200), signal);
        cutOne([proxy]);
        if (Math.random() < 0.9) continue;
        await postgres.process.kill();
        await postgres.process.start();
      }
      proxy.heal();
    },
    [Symbol.asyncDispose]: () => closeAll([proxy]),
  };
}

/** A file has no connections to cut: its clients are killed. */
export const killWriters: Nemesis = async (run) => {
  for (;;) {
    await wait(between(2_000, 5_000), run.signal);
    if (run.signal.aborted) return;
    run.killWorker();
  }
};
