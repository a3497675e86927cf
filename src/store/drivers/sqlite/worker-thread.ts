import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import type { WorkerSettings } from "./worker-protocol.js";

/** Starts the thread; `location` is where its code is, if a bundler has moved it. */
export function startWorker(settings: WorkerSettings, location: URL | string | undefined): Worker {
  const worker = new Worker(location ?? workerLocation(), { workerData: settings, name: "keelson-sqlite" });
  worker.unref();
  return worker;
}

/**
 * The built file beside this one. Node 20 can't load TypeScript in a thread, so that run from source it is built first.
 */
function workerLocation(): URL {
  if (!import.meta.url.endsWith(".ts")) return new URL("./worker.js", import.meta.url);
  const source = new URL("./worker.ts", import.meta.url);
  const build = createRequire(import.meta.url)("../../../../scripts/build-worker.cjs") as (source: URL) => URL;
  return build(source);
}
