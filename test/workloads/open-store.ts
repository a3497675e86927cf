import type { Duration } from "keelson/core";
import type { StateStore } from "keelson/store";

/**
 * Opens what a URL names: the workloads run in processes of their own, which are told where the store is. `timeout` is how
 * long a call may take.
 */
export async function openAt(url: string, timeout?: Duration): Promise<StateStore> {
  const options = { url, ...(timeout === undefined ? {} : { timeout }) };
  if (url.startsWith("etcd")) {
    const { etcdStore } = await import("keelson/store/etcd");
    return etcdStore(options);
  }
  if (url.startsWith("postgres")) {
    const { postgresStore } = await import("keelson/store/postgres");
    return postgresStore(options);
  }
  const { sqliteStore } = await import("keelson/store/sqlite");
  return sqliteStore({ file: url.slice("sqlite:".length), ...(timeout === undefined ? {} : { busyTimeout: timeout }) });
}
