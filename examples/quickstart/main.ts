/**
 * A small orchestrator at work: a control plane and three agents run real processes from a manifest, which are then
 * scaled, killed, drained and rolled out. `npm run quickstart -- --help` says what else it can do.
 */
import { argv, exit, stdout } from "node:process";
import { type Logger, formatChain, isKeelsonError, silentLogger, systemRuntime } from "keelson/core";
import { type Lifecycle, createLifecycle } from "keelson/lifecycle";
import { Instance } from "keelson/reconcilers";
import { openStore } from "keelson/store/open";
import { applyManifest, explainInstances, startCluster } from "./cluster.js";
import { type Manifest, ManifestError, readManifest } from "./manifest.js";
import { type Options, UsageError, readOptions, usage } from "./options.js";
import type { Surroundings } from "./parts.js";
import { runAgent, runControl } from "./roles.js";
import { NotConverged, type Stage, perform, steps } from "./scenario.js";
import { Table } from "./table.js";

const runtime = systemRuntime();
const table = new Table();
const say = (line: string): void => {
  table.say(line);
};

async function main(options: Options): Promise<number> {
  const manifest = await readManifest(options.manifest);
  const store = await openStore(options.store);
  const lifecycle = createLifecycle({ exit: false, timeout: "20s" });
  lifecycle.onShutdown("store", () => store.close(), { phase: "close" });
  const log = options.verbose ? consoleLogger : silentLogger;
  const surroundings = { store, file: options.manifest, log };
  const role = { all: runAll, control: runControl, agent: runAgent }[options.role];
  const code = await role(surroundings, { manifest, options, say }, lifecycle);
  const { outcome } = await lifecycle.shutdown(`the ${options.role} role ends`);
  return code === 0 && outcome !== "clean" ? 1 : code;
}

/** Everything in this process: shows what the orchestrator does, step by step. */
async function runAll(
  surroundings: Surroundings,
  { manifest, options }: { readonly manifest: Manifest; readonly options: Options },
  lifecycle: Lifecycle,
): Promise<number> {
  const started = runtime.now();
  const { file } = surroundings;
  const starting = startCluster(surroundings, manifest);
  const stop = async (): Promise<void> => (await starting).stop();
  lifecycle.onShutdown("cluster", stop, { phase: "drain" }); // before it stands: what it finds running runs at once
  const cluster = await starting;
  const drawing = draw(cluster.client, lifecycle.signal);
  const stage: Stage = { client: cluster.client, signal: lifecycle.signal, say, limitMs: options.limitMs };
  const work = show(manifest, file, stage, options.keep);
  const code = await Promise.race([work, cluster.failed]).catch(async (error: unknown) => {
    if (lifecycle.signal.aborted) return 130;
    say(`✗ ${error instanceof NotConverged ? error.message : formatChain(error)}`);
    for (const line of await explainInstances(cluster.client, manifest, file)) say(`  ${line}`);
    return 1;
  });
  say("stopping: every instance gets SIGTERM, and a few seconds");
  const { outcome } = await lifecycle.shutdown("the quickstart ends");
  await drawing;
  const seconds = ((runtime.now() - started) / 1_000).toFixed(1);
  const done = code === 0 && outcome === "clean";
  say(done ? `✓ all of it in ${seconds} s; nothing is left behind` : `ended after ${seconds} s with ${String(code)}`);
  return code;
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
  const { err, ...rest } = typeof fields === "object" && fields !== null ? (fields as { readonly err?: unknown }) : {};
  say(`  ${message ?? String(fields)} ${JSON.stringify(rest)} ${err === undefined ? "" : formatChain(err)}`);
}

try {
  if (argv.includes("--help")) console.log(usage);
  else exit(await main(readOptions(argv.slice(2))));
} catch (error) {
  if (error instanceof UsageError) console.error(`${error.message}\n\n${usage}`);
  else if (error instanceof ManifestError || isKeelsonError(error)) console.error(error.message);
  else console.error(formatChain(error));
  exit(1);
}
