import { checkOneOf, shown } from "../../../core/check.js";
import type { Duration } from "../../../core/duration.js";
import type { Runtime } from "../../../core/index.js";
import type { StateStore } from "../../state-store.js";
import type { RetentionOptions } from "../shared/retention.js";

/** What every store can be told, whichever it is; the rest stands in the URL. */
export interface OpenStoreOptions {
  /** How much history is kept; etcd keeps its own. */
  readonly retention?: RetentionOptions;
  /** Whose clock the store follows. @defaultValue `currentRuntime()` */
  readonly runtime?: Runtime;
}

const expected = "memory:, sqlite:, postgres:// or etcd://";

/**
 * Opens the store that a URL names, so that the choice of a store is a matter of configuration.
 *
 * @remarks
 * - `memory:` is a store of this process, and a new one at each call.
 * - `sqlite:state.db` or `sqlite:///var/lib/app/state.db`, with `?readOnly=true`, `synchronous=normal`,
 *   `busyTimeout=5s`, `maxBytes=1000000`, `driver=better-sqlite3`.
 * - `postgres://user:password@host/database`, with `?schema=keelson`, `timeout=10s` and what `pg` knows.
 * - `etcd://host1,host2` or `etcds://…`, with `?prefix=/app` and `ca`, `cert`, `key`.
 *
 * Only the driver that is named is loaded, and the package it needs.
 * @throws TypeError when the URL names no store, or a parameter is malformed. Messages never show the URL.
 * @throws StoreUnavailableError when an etcd can't be reached, or a file can't be opened or is no database;
 * StoreAuthError when an etcd refuses the user. What is wrong with a Postgres, each call tells.
 *
 * @example
 * ```ts
 * import { put } from "keelson/store";
 * import { openStore } from "keelson/store/open";
 *
 * const store = await openStore("memory:");
 * await put(store, "/plan", "v1") // => 2
 * await store.close();
 * await openStore("redis://localhost"); // throws TypeError
 * ```
 */
export async function openStore(url: string, options: OpenStoreOptions = {}): Promise<StateStore> {
  if (typeof url !== "string") throw new TypeError(`Expected the store's URL to be a string, got ${shown(url)}`);
  const scheme = /^([a-z]+):/.exec(url)?.[1] ?? "";
  switch (scheme) {
    case "memory": {
      if (url !== "memory:") throw new TypeError("Expected nothing to follow memory: in the store's URL, got more");
      const { memoryStore } = await import("../memory/index.js");
      return memoryStore(options);
    }
    case "sqlite": {
      const { sqliteStore } = await import("../sqlite/index.js");
      return await opened(sqliteStore({ ...fromSqliteUrl(url), ...options }));
    }
    case "postgres":
    case "postgresql": {
      const { postgresStore } = await import("../postgres/index.js");
      return postgresStore({ ...fromPostgresUrl(url), ...options });
    }
    case "etcd":
    case "etcds": {
      const { etcdStore } = await import("../etcd/index.js");
      return await etcdStore({ url, ...options });
    }
    default:
      throw new TypeError(
        `Expected the store's URL to begin with ${expected}, got ${scheme === "" ? "no scheme" : shown(scheme)}`,
      );
  }
}

/** The store, once it has answered: what is wrong with its file comes now, rather than with some later call. */
async function opened(store: StateStore): Promise<StateStore> {
  try {
    await store.get("/", { consistency: "serializable" });
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

interface SqliteUrl {
  readonly file: string;
  readonly readOnly?: boolean;
  readonly synchronous?: "full" | "normal";
  readonly busyTimeout?: Duration;
  readonly maxBytes?: number;
  readonly driver?: "node:sqlite" | "better-sqlite3";
}

/** What follows the scheme is a path as it is written, relative to the working folder unless it begins with a slash. */
function fromSqliteUrl(url: string): SqliteUrl {
  const [path = "", query = ""] = url.slice("sqlite:".length).split(/\?(.*)/s);
  const known = ["readOnly", "synchronous", "busyTimeout", "maxBytes", "driver"];
  const parameters: Record<string, string | number | boolean> = {};
  for (const [name, value] of new URLSearchParams(query)) {
    if (!known.includes(name)) {
      throw new TypeError(
        `Expected a parameter of the store's URL to be one of ${known.join(", ")}, got ${shown(name)}`,
      );
    }
    if (name === "readOnly") checkOneOf(name, value, ["true", "false", ""]);
    parameters[name] = name === "readOnly" ? value !== "false" : name === "maxBytes" ? Number(value) : value;
  }
  // The driver checks each of them.
  return { ...parameters, file: decoded(path.replace(/^\/\//, "")) };
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new TypeError(
      `Expected the path in the store's URL to be well encoded (a \`%\` is \`%25\`), got ${shown(path)}`,
    );
  }
}

/** Takes our parameter out; `pg` gets the others. */
function fromPostgresUrl(given: string): { readonly url: string; readonly timeout?: Duration } {
  if (!URL.canParse(given)) return { url: given };
  const url = new URL(given);
  const timeout = url.searchParams.get("timeout");
  if (timeout === null) return { url: given };
  url.searchParams.delete("timeout");
  return { url: url.href, timeout: timeout as Duration };
}
