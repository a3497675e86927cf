import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { type StateStore, op, put } from "keelson/store";
import { sqliteStore } from "keelson/store/sqlite";
import { sqliteMissing } from "../test/support/sqlite.js";
import type { Row } from "./harness.js";
import { type Put, latencyRows, putsPerSecond } from "./store-measures.js";

const value = new Uint8Array(100).fill(7);
const keys = 100;
const require = createRequire(resolve("package.json"));
const buildWorker = require(resolve("scripts/build-worker.cjs")) as (source: URL) => URL;

/** What a thread does at the least: the same tables and statements, one commit for each message, nothing looked at. */
const rawWorker = `
  const { parentPort, workerData } = require("node:worker_threads");
  let database;
  try {
    database = new (require("node:sqlite").DatabaseSync)(workerData.file);
  } catch {
    database = new (require(workerData.module))(workerData.file);
  }
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  const before = database.prepare("SELECT l.created, l.version FROM kv JOIN log l ON l.id = kv.id WHERE kv.key = ?");
  const log = database.prepare("INSERT INTO log VALUES (?, ?, ?, ?, ?, NULL)");
  const kv = database.prepare("INSERT INTO kv VALUES (?, ?, NULL) ON CONFLICT (key) DO UPDATE SET id = excluded.id");
  const moved = database.prepare("UPDATE keelson SET revision = ?");
  let { revision } = database.prepare("SELECT revision FROM keelson").get();
  parentPort.on("message", ({ id, key, value }) => {
    const bytes = Buffer.from(key);
    database.exec("BEGIN IMMEDIATE");
    const last = before.get(bytes);
    revision += 1;
    const at = revision * 2 ** 20;
    log.run(at, bytes, value, last?.created ?? revision, (last?.version ?? 0) + 1);
    kv.run(bytes, at);
    moved.run(revision);
    database.exec("COMMIT");
    parentPort.postMessage(id);
  });`;

/** The rows of the SQLite store, on a disk that has to be waited for. */
export function sqliteRows(): readonly Row[] {
  if (sqliteMissing !== undefined) {
    console.log(`SQLite's rows are left out: ${sqliteMissing}`);
    return [];
  }
  const open = (): Promise<StateStore> => Promise.resolve(openIn(folder()));
  const ours = async (): Promise<Put> => {
    const store = await open();
    return (index) => store.txn({ then: [op.put(`/bench/${index % keys}`, value)] });
  };
  return [
    {
      id: "sqlite-txn/raw-worker",
      unit: "txn/s",
      measure: putsPerSecond(ours, 1, 2_000),
      against: { id: "raw worker", measure: putsPerSecond(raw, 1, 2_000) },
    },
    {
      id: "sqlite-txn-64/one-commit-each",
      unit: "txn/s",
      measure: putsPerSecond(ours, 64, 6_400),
      against: { id: "one commit each", measure: putsPerSecond(raw, 64, 400) },
    },
    ...latencyRows("sqlite", open, value),
  ];
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "keelson-bench-"));
  process.on("exit", () => {
    rmSync(path, { recursive: true, force: true });
  });
  return path;
}

function openIn(path: string): StateStore {
  // The bench is one bundled file, beside which there is no worker.
  const worker = buildWorker(pathToFileURL(resolve("src/store/drivers/sqlite/worker.ts")));
  return sqliteStore({ file: join(path, "state.db"), worker });
}

async function raw(): Promise<Put> {
  const path = folder();
  const store = openIn(path);
  await put(store, "/first", value);
  await store.close();
  const workerData = { file: join(path, "state.db"), module: resolve("node_modules/better-sqlite3") };
  const worker = new Worker(rawWorker, { eval: true, workerData });
  const waiting = new Map<number, () => void>();
  worker.on("message", (id: number) => {
    waiting.get(id)?.();
    waiting.delete(id);
  });
  let next = 0;
  return (index) =>
    new Promise<void>((done) => {
      const id = (next += 1);
      waiting.set(id, done);
      worker.postMessage({ id, key: `/bench/${index % keys}`, value });
    });
}
