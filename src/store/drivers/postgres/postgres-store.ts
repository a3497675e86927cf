import { checkInteger, checkName, checkNumber, checkObject, shown } from "../../../core/check.js";
import { type Duration, toMs } from "../../../core/duration.js";
import { type Runtime, currentRuntime } from "../../../core/index.js";
import type { StateStore } from "../../state-store.js";
import { logStore } from "../shared/backed-store.js";
import type { RetentionOptions } from "../shared/retention.js";
import { Database } from "./database.js";
import type { Pg } from "./pg-client.js";
import { PostgresBackend } from "./postgres-backend.js";

/** How {@link postgresStore} is made. */
export interface PostgresStoreOptions {
  /** `postgres://user:password@host:port/database`, with the parameters that `pg` knows, such as `sslmode`. */
  readonly url: string;
  /** The schema that holds the store's tables, created if need be. @defaultValue `?schema=` of the URL, or `"keelson"` */
  readonly schema?: string | undefined;
  /** How long connecting may take, and how long an answer. @defaultValue `"10s"` */
  readonly timeout?: Duration | undefined;
  /** How many connections there may be, beside the one that watches. @defaultValue `8` */
  readonly connections?: number | undefined;
  /** How much history is kept. */
  readonly retention?: RetentionOptions | undefined;
  /** The module to connect with, where it is not to be imported. @defaultValue the package `pg` */
  readonly pg?: Pg | undefined;
  /** Whose clock deadlines and polling follow. @defaultValue `currentRuntime()` */
  readonly runtime?: Runtime | undefined;
}

const schemaName = /^[a-z_][a-z0-9_]{0,50}$/;

/**
 * A store in a schema of a Postgres database (13 or later): durable, shared by everything that connects to it.
 *
 * @remarks
 * It connects with the first call, creates and migrates its tables, and connects again for ever while somebody
 * watches. Transactions are made one after the other, under an advisory lock; those that a process asks for at the same
 * time travel as one call. Other processes' changes are noticed by notification, and within 250 ms without it.
 * Lease times count on the server's clock (`clock_timestamp()`): if it is set forward by more than a twentieth of a
 * lease's time (500 ms at most), the lease may end before its holder's deadline. Fencing is not affected.
 * Connect to the primary: a standby is refused, since its reads are stale. After a fail-over that lost revisions,
 * watches end with `CompactedError`, and leases end. A pooler between must keep sessions, as `LISTEN` needs them.
 * @throws TypeError, RangeError for malformed options. What is wrong with the server, each call tells.
 *
 * @example
 * ```ts no-run
 * import { put } from "keelson/store";
 * import { postgresStore } from "keelson/store/postgres";
 *
 * const store = postgresStore({ url: "postgres://app:secret@db.internal/app" });
 * const revision = await put(store, "/plan", "v1");
 * console.log(`kept at revision ${revision}`);
 * await store.close();
 * ```
 */
export function postgresStore(options: PostgresStoreOptions): StateStore {
  checkObject("options", options);
  const { timeout = "10s", connections = 8, retention = {}, pg, runtime = currentRuntime() } = options;
  const { age = "1h", revisions = 1_000_000 } = retention;
  const { url, schema, sessions } = parse(options);
  checkInteger("connections", connections, 2);
  checkNumber("retention.revisions", revisions, 1, Number.POSITIVE_INFINITY);
  const timeoutMs = toMs(timeout, "timeout");
  const database = new Database({ url, schema, timeoutMs, connections, pg, options: sessions });
  const backend = new PostgresBackend(runtime, database, { ageMs: toMs(age, "retention.age"), revisions });
  return logStore(backend, runtime);
}

/**
 * Takes our own parameter out of the URL, which may hold a password and is shown nowhere; and the settings of sessions,
 * which in the URL would replace ours.
 */
function parse({ url: given, schema: wanted }: PostgresStoreOptions): {
  readonly url: string;
  readonly schema: string;
  readonly sessions: string;
} {
  checkName("url", given);
  if (!URL.canParse(given)) {
    throw new TypeError(
      "Expected `url` to be a URL as in `postgres://user:password@host/database`, got something else",
    );
  }
  const url = new URL(given);
  if (!/^postgres(?:ql)?:\/\//.test(given)) {
    throw new TypeError(`Expected \`url\` to begin with postgres://, got ${shown(url.protocol)}`);
  }
  if (url.hostname.includes(",")) throw new TypeError(`Expected \`url\` to have one host, got ${shown(url.hostname)}`);
  const port = url.searchParams.get("port");
  if (port !== null) checkInteger("port", Number(port), 1, 65_535);
  const schema = wanted ?? url.searchParams.get("schema") ?? "keelson";
  if (!schemaName.test(schema)) {
    throw new TypeError(
      `Expected \`schema\` to be a name of lower-case letters, digits and underscores, got ${shown(schema)}`,
    );
  }
  const sessions = url.searchParams.get("options") ?? "";
  for (const name of ["schema", "options"]) url.searchParams.delete(name);
  return { url: url.href, schema, sessions };
}
