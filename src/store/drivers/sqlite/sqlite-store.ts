import { resolve } from "node:path";
import { checkInteger, checkName, checkNumber, checkObject, checkOneOf } from "../../../core/check.js";
import { type Duration, toMs } from "../../../core/duration.js";
import { type Runtime, currentRuntime } from "../../../core/index.js";
import type { StateStore } from "../../state-store.js";
import { logStore } from "../shared/backed-store.js";
import type { RetentionOptions } from "../shared/retention.js";
import { chooseDriver } from "./sqlite-driver.js";
import { SqliteBackend } from "./sqlite-backend.js";
import { WorkerClient } from "./worker-client.js";
import type { WorkerSettings } from "./worker-protocol.js";
import { startWorker } from "./worker-thread.js";

/** How {@link sqliteStore} is made. */
export interface SqliteStoreOptions {
  /** The file, on a local disk; it is created if it does not exist. Its folder must exist. */
  readonly file: string;
  /** Which driver to use. @defaultValue `"node:sqlite"` from Node 22.13 on, else `"better-sqlite3"` */
  readonly driver?: "node:sqlite" | "better-sqlite3" | undefined;
  /** Opens the file for reading only; what would change it fails with `StoreReadOnlyError`. @defaultValue `false` */
  readonly readOnly?: boolean | undefined;
  /**
   * Whether each acknowledged write is on the disk: `"full"`. With `"normal"` a power loss can take the last of them
   * back, and their revisions are used again; a crash of the process takes nothing.
   *
   * @defaultValue `"full"`
   */
  readonly synchronous?: "full" | "normal" | undefined;
  /** How large the file may become, in bytes; beyond that, writes fail with `StoreFullError`. */
  readonly maxBytes?: number | undefined;
  /** How long a write waits while other processes hold the lock, before `NotAppliedError`. @defaultValue `"5s"` */
  readonly busyTimeout?: Duration | undefined;
  /** How much history is kept. */
  readonly retention?: RetentionOptions | undefined;
  /** Where the code of its thread is, if a bundler has moved it. @defaultValue the file `worker.js` of this package */
  readonly worker?: URL | string | undefined;
  /** Whose clock deadlines and progress follow. @defaultValue `currentRuntime()` */
  readonly runtime?: Runtime | undefined;
}

/**
 * A store in a SQLite file: durable, and shared by all processes of one machine that open it.
 *
 * @remarks
 * It answers from a thread of its own, so that neither a slow disk nor another process's lock stops the event loop.
 * Transactions that wait at the same time share one way to the disk. Other processes' writes are noticed within 5 ms
 * while there are any, and 50 ms otherwise. Lease times count on the machine's clock; a restart ends every lease.
 * An open store with nothing to do does not keep the process alive; a pending call or an open watch does.
 * @throws Error when neither `node:sqlite` nor the package `better-sqlite3` is there.
 * @throws TypeError, RangeError for malformed options. What is wrong with the file, each call tells.
 *
 * @example
 * ```ts no-run
 * import { put } from "keelson/store";
 * import { sqliteStore } from "keelson/store/sqlite";
 *
 * const store = sqliteStore({ file: "state.db" });
 * const revision = await put(store, "/plan", "v1");
 * console.log(`kept at revision ${revision}`);
 * await store.close();
 * ```
 */
export function sqliteStore(options: SqliteStoreOptions): StateStore {
  checkObject("options", options);
  const runtime = options.runtime ?? currentRuntime();
  const settings = settingsOf(options);
  const client = new WorkerClient(() => startWorker(settings, options.worker));
  return logStore(new SqliteBackend(client, { driver: settings.driver }), runtime);
}

function settingsOf(options: SqliteStoreOptions): WorkerSettings {
  const { file, synchronous = "full", maxBytes, busyTimeout = "5s", retention = {}, readOnly = false } = options;
  const { age = "1h", revisions = 1_000_000 } = retention;
  checkName("file", file);
  if (file === ":memory:")
    throw new TypeError("Expected `file` to be a path; for a store in memory there is `memoryStore`");
  checkOneOf("synchronous", synchronous, ["full", "normal"]);
  if (maxBytes !== undefined) checkInteger("maxBytes", maxBytes, 65_536);
  checkNumber("retention.revisions", revisions, 1, Number.POSITIVE_INFINITY);
  if (options.driver !== undefined) checkOneOf("driver", options.driver, ["node:sqlite", "better-sqlite3"]);
  const [busyMs, retentionAgeMs] = [toMs(busyTimeout, "busyTimeout"), toMs(age, "retention.age")];
  const { driver, module } = chooseDriver(options.driver); // last: it may have to say what to install
  return {
    file: resolve(file),
    driver,
    module,
    readOnly,
    synchronous: synchronous === "full" ? "FULL" : "NORMAL",
    maxBytes,
    busyMs,
    retentionAgeMs,
    retentionRevisions: revisions,
  };
}
