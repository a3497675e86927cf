/**
 * A small orchestrator at work: a control plane and three agents run real processes from a manifest, which are then
 * scaled, killed, drained and rolled out. `npm run quickstart -- [--manifest file] [--keep] [--timeout 15s]`.
 */
import { exit, stdout } from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Duration, type Logger, formatChain, silentLogger, systemRuntime, toMs } from "keelson/core";
import { createLifecycle } from "keelson/lifecycle";
import { Instance } from "keelson/reconcilers";
import { memoryStore } from "keelson/store/memory";
import { applyManifest, explainInstances, startCluster } from "./cluster.js";
import { type Manifest, ManifestError, readManifest } from "./manifest.js";
import { NotConverged, type Stage, perform, steps } from "./scenario.js";
import { Table } from "./table.js";

const runtime = systemRuntime();
const table = new Table();
const say = (line: string): void => {
  table.say(line);
};

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      manifest: { type: "string" },
      keep: { type: "boolean" },
      timeout: { type: "string", default: "15s" },
      verbose: { type: "boolean" },
    },
  });
  const limitMs = toMs(values.timeout as Duration, "--timeout");
  const file = values.manifest ?? fileURLToPath(new URL("manifest.json", import.meta.url));
  const manifest = await readManifest(file);
  const started = runtime.now();
  const store = memoryStore();
  const cluster = await startCluster(store, manifest, file, values.verbose === true ? consoleLogger : silentLogger);
  const lifecycle = createLifecycle({ exit: false, timeout: "20s" });
  lifecycle.onShutdown("cluster", () => cluster.stop(), { phase: "drain" });
  lifecycle.onShutdown("store", () => store.close(), { phase: "close" });
  const drawing = draw(cluster.client, lifecycle.signal);
  const stage: Stage = { client: cluster.client, signal: lifecycle.signal, say, limitMs };
  const work = show(manifest, file, stage, values.keep === true);
  const code = await Promise.race([work, cluster.failed]).catch(async (error: unknown) => {
    if (lifecycle.signal.aborted) return 130;
    say(`✗ ${error instanceof NotConverged ? error.message : formatChain(error)}`);
    for (const line of await explainInstances(cluster.client, manifest, file)) say(`  ${line}`);
    return 1;
  });
  say("stopping: every instance gets SIGTERM, and a few seconds");
  const report = await lifecycle.shutdown("the quickstart ends");
  await drawing;
  const seconds = ((runtime.now() - started) / 1_000).toFixed(1);
  const clean = report.outcome === "clean";
  say(
    code === 0 && clean
      ? `✓ all of it in ${seconds} s; nothing is left behind`
      : `ended after ${seconds} s with ${String(code)}`,
  );
  return code === 0 && !clean ? 1 : code;
}

async function show(manifest: Manifest, file: string, stage: Stage, keep: boolean): Promise<number> {
  const problems = await applyManifest(stage.client, manifest, file);
  for (const problem of problems) say(`✗ ${problem}`);
  const names = manifest.deployments
    .map(({ name }) => name)
    .filter((_, index) => !problems.some((line) => line.includes(`deployments[${String(index)}].`)));
  for (const step of steps(names)) {
    say(`▶ ${step.title}`);
    const ms = await perform(step, stage);
    say(`✓ ${step.title}: converged in ${(ms / 1_000).toFixed(1)} s`);
  }
  if (keep) {
    say("running until Ctrl-C");
    await runtime.sleep(Number.POSITIVE_INFINITY, { signal: stage.signal });
  }
  return problems.length === 0 ? 0 : 1;
}

async function draw(client: Stage["client"], signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const { items } = await client.list(Instance);
    table.show(items);
    await runtime.sleep(stdout.isTTY ? 250 : 100, { signal }).catch(() => undefined);
  }
}

const consoleLogger: Logger = {
  trace: () => undefined,
  debug: () => undefined,
  info: log,
  warn: log,
  error: log,
  child: () => consoleLogger,
};

function log(fields: unknown, message?: string): void {
  const { error, ...rest } =
    typeof fields === "object" && fields !== null ? (fields as { readonly error?: unknown }) : {};
  say(`  ${message ?? String(fields)} ${JSON.stringify(rest)} ${error === undefined ? "" : formatChain(error)}`);
}

try {
  exit(await main());
} catch (error) {
  console.error(error instanceof ManifestError ? error.message : formatChain(error));
  exit(1);
}
