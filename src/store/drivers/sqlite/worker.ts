/**
 * The thread of a SQLite store: a file of its own, which Node starts by its location.
 *
 * @module
 */
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { systemRuntime } from "../../../core/index.js";
import { bootClock } from "./boot-clock.js";
import { SqliteEngine } from "./engine.js";
import { databaseOpener } from "./sql-database.js";
import type { ToWorker, WorkerSettings } from "./worker-protocol.js";

/** Messages that one turn receives at most, so that whoever never stops sending gets answers, too. */
const perTurn = 1_000;

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
port.on("message", (first: ToWorker) => {
  engine.receive(first);
  // What has arrived with it shares its commit.
  for (let left = perTurn; left > 0; left -= 1) {
    const next = receiveMessageOnPort(port);
    if (next === undefined) break;
    engine.receive(next.message as ToWorker);
  }
  engine.turn();
});
