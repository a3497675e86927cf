import type { StateStore } from "keelson/store";

/** Opens what a URL names: the workloads run in processes of their own, which are told where the store is. */
export async function openAt(url: string): Promise<StateStore> {
  if (url.startsWith("etcd")) {
    const { etcdStore } = await import("keelson/store/etcd");
    return etcdStore({ url });
  }
  if (url.startsWith("postgres")) {
    const { postgresStore } = await import("keelson/store/postgres");
    return postgresStore({ url });
  }
  const { sqliteStore } = await import("keelson/store/sqlite");
  return sqliteStore({ file: url.slice("sqlite:".length) });
}
