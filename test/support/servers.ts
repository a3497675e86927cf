import { execFileSync, spawnSync } from "node:child_process";
import { chown, writeFile } from "node:fs/promises";
import { globSync } from "tinyglobby";
import { join } from "node:path";
import { env, getuid } from "node:process";
import { freePorts } from "./free-port.js";
import { ServerHome, ServerProcess } from "./server-process.js";

/** Why tests that take real servers, or real processes for long, are left out, unless they were asked for. */
export const unasked: string | undefined =
  env["KEELSON_SERVICES"] === "1" ? undefined : "needs a server: npm run test:services";

/** Why there is no Postgres to test with, if there is none. */
export function postgresMissing(): string | undefined {
  return unasked ?? (postgresFolder() === undefined ? "Postgres is not installed" : undefined);
}

/** Why there is no etcd to test with, if there is none. */
export function etcdMissing(): string | undefined {
  return unasked ?? (etcdVersion() === undefined ? "etcd is not installed, nor named by ETCD_BIN" : undefined);
}

/** The folder with the newest Postgres's programs. */
export function postgresFolder(): string | undefined {
  const found = globSync("/usr/lib/postgresql/*/bin/postgres", { absolute: true });
  const newest = found.sort((a, b) => Number(a.split("/")[4]) - Number(b.split("/")[4])).at(-1);
  return newest?.slice(0, -"/postgres".length);
}

/** The version of the etcd that tests would start. */
export function etcdVersion(): string | undefined {
  const { stdout, status } = spawnSync(etcdFile(), ["--version"], { encoding: "utf8" });
  return status === 0 ? /etcd Version: (\S+)/.exec(stdout)?.[1] : undefined;
}

function etcdFile(): string {
  return env["ETCD_BIN"] ?? "etcd";
}

/** A Postgres server of one's own, with an empty database. */
export interface PostgresServer extends AsyncDisposable {
  /** `postgres://user:password@127.0.0.1:port/postgres` */
  readonly url: string;
  readonly port: number;
  /** The server's own process, for whoever wants to kill it, or stop and start it again on the same data. */
  readonly process: ServerProcess;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/**
 * Starts a Postgres that only password holders may enter.
 *
 * @param settings - Added to the server's configuration, such as `{ max_connections: "20" }`.
 */
export async function startPostgres(settings: Readonly<Record<string, string>> = {}): Promise<PostgresServer> {
  const folder = postgresFolder();
  if (folder === undefined) throw new Error("Postgres is not installed");
  const home = await ServerHome.make("postgres");
  const user = postgresUser();
  if (user !== undefined) await chown(home.path, user.uid, user.gid);
  const [port] = (await freePorts(1)) as [number];
  const data = join(home.path, "data");
  const passwords = join(home.path, "password");
  await writeFile(passwords, "secret");
  const init = ["-D", data, "-U", "keelson", "--auth=scram-sha-256", `--pwfile=${passwords}`, "--no-sync"];
  const encoding = ["--encoding=UTF8", "--locale=C"];
  execFileSync(join(folder, "initdb"), [...init, ...encoding], { ...user, cwd: home.path, stdio: "pipe" });
  const wanted = { listen_addresses: "127.0.0.1", unix_socket_directories: "", max_connections: "200", ...settings };
  const server = new ServerProcess(home, {
    file: join(folder, "postgres"),
    args: [
      "-D",
      data,
      "-p",
      String(port),
      ...Object.entries(wanted).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    ],
    ...(user === undefined ? {} : { user }),
    isReady: () => {
      const { status } = spawnSync(join(folder, "pg_isready"), ["-q", "-h", "127.0.0.1", "-p", String(port)]);
      return Promise.resolve(status === 0);
    },
  });
  const stop = async (): Promise<void> => {
    await server.stop("SIGQUIT");
    await home.remove();
  };
  await orStop(server.start(), stop);
  const url = `postgres://keelson:secret@127.0.0.1:${port}/postgres`;
  return { url, port, process: server, stop, [Symbol.asyncDispose]: stop };
}

/** Postgres refuses to be root. */
function postgresUser(): { readonly uid: number; readonly gid: number } | undefined {
  if (getuid?.() !== 0) return undefined;
  const [uid, gid] = ["-u", "-g"].map((flag) => Number(spawnSync("id", [flag, "postgres"]).stdout.toString()));
  return { uid: uid ?? 65_534, gid: gid ?? 65_534 };
}

/** An etcd of one's own. */
export interface EtcdCluster extends AsyncDisposable {
  /** `host:port` of each member, for clients. */
  readonly endpoints: readonly string[];
  /** `etcd://host:port,host:port` */
  readonly url: string;
  /** The members' processes, in the order of `endpoints`. */
  readonly members: readonly ServerProcess[];
  /** The server's version. */
  readonly version: string;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** How {@link startEtcd} starts one. */
export interface EtcdServerOptions {
  /** @defaultValue `1` */
  readonly members?: 1 | 3;
  /** Files with which clients are served over TLS. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientCa?: string };
  /** Added to each member's command line. */
  readonly args?: readonly string[];
}

/** Starts an etcd of one or three members on loopback, with what ETCD_BIN names where it is set. */
export async function startEtcd({ members = 1, tls, args = [] }: EtcdServerOptions = {}): Promise<EtcdCluster> {
  const version = etcdVersion();
  if (version === undefined) throw new Error("etcd is not installed, nor named by ETCD_BIN");
  const home = await ServerHome.make("etcd");
  const ports = await freePorts(3 * members);
  const scheme = tls === undefined ? "http" : "https";
  const names = Array.from({ length: members }, (_, index) => `m${index}`);
  const port = (index: number, kind: 0 | 1 | 2): number => ports[3 * index + kind] ?? 0;
  const cluster = names.map((name, index) => `${name}=http://127.0.0.1:${port(index, 1)}`).join(",");
  const secure =
    tls === undefined
      ? []
      : [
          `--cert-file=${tls.cert}`,
          `--key-file=${tls.key}`,
          ...(tls.clientCa === undefined ? [] : [`--trusted-ca-file=${tls.clientCa}`, "--client-cert-auth"]),
        ];
  const servers = names.map(
    (name, index) =>
      new ServerProcess(home, {
        file: etcdFile(),
        args: [
          `--name=${name}`,
          `--data-dir=${join(home.path, name)}`,
          `--listen-client-urls=${scheme}://127.0.0.1:${port(index, 0)}`,
          `--advertise-client-urls=${scheme}://127.0.0.1:${port(index, 0)}`,
          `--listen-peer-urls=http://127.0.0.1:${port(index, 1)}`,
          `--initial-advertise-peer-urls=http://127.0.0.1:${port(index, 1)}`,
          `--listen-metrics-urls=http://127.0.0.1:${port(index, 2)}`,
          `--initial-cluster=${cluster}`,
          "--logger=zap",
          "--log-level=error",
          ...secure,
          ...args,
        ],
        isReady: () => isHealthy(port(index, 2)),
      }),
  );
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.kill()));
    await home.remove();
  };
  await orStop(Promise.all(servers.map((server) => server.start())), stop);
  const endpoints = names.map((_, index) => `127.0.0.1:${port(index, 0)}`);
  const url = `${tls === undefined ? "etcd" : "etcds"}://${endpoints.join(",")}`;
  return { endpoints, url, members: servers, version, stop, [Symbol.asyncDispose]: stop };
}

async function isHealthy(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(2_000) });
    return (await response.text()).includes('"true"');
  } catch {
    return false;
  }
}

async function orStop(starting: Promise<unknown>, stop: () => Promise<void>): Promise<void> {
  try {
    await starting;
  } catch (error) {
    await stop();
    throw error;
  }
}
