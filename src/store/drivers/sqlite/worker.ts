/**
 * The thread of a SQLite store: a file of its own, which Node starts by its location.
 *
 * @module
 */
import { parentPort, workerData } from "node:worker_threads";
import { systemRuntime } from "../../../core/index.js";
import { bootClock } from "./boot-clock.js";
import { SqliteEngine } from "./engine.js";
import { databaseOpener } from "./sql-database.js";
import type { ToWorker, WorkerSettings } from "./worker-protocol.js";

if (parentPort === null) throw new Error("worker.js runs in a thread only; open a store with `sqliteStore`");
const port = parentPort;
const settings = workerData as WorkerSettings;
const open = await databaseOpener(settings.driver, settings.module);
const engine = new SqliteEngine({
  runtime: systemRuntime(),
  clock: bootClock(),
  open,
  settings,
  send: (message) => {
    port.postMessage(message);
  },
  exit: () => {
    port.close();
  },
});
port.on("message", (message: ToWorker) => {
  engine.receive(message);
});
