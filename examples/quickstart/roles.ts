import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pid } from "node:process";
import { createElection } from "keelson/cluster";
import type { Lifecycle } from "keelson/lifecycle";
import { applyManifest } from "./cluster.js";
import { type Manifest, ManifestError } from "./manifest.js";
import type { Options } from "./options.js";
import { type Surroundings, controlPlane, nodeAgent } from "./parts.js";

/** One of several control planes: of those on one store, one leads. Runs until the lifecycle ends. */
export async function runControl(
  surroundings: Surroundings,
  {
    manifest,
    options,
    say,
  }: { readonly manifest: Manifest; readonly options: Options; readonly say: (line: string) => void },
  lifecycle: Lifecycle,
): Promise<number> {
  const { store, file } = surroundings;
  const identity = `control-${String(pid)}`;
  const election = createElection(store, { name: "quickstart", identity, ttl: options.ttl });
  election.on("elected", ({ token }) => {
    say(`${identity} leads, with token ${String(token)}`);
  });
  election.on("lost", () => {
    say(`${identity} leads no more`);
  });
  const manager = controlPlane(surroundings, election);
  const problems = await applyManifest(manager.client, manifest, file);
  for (const problem of problems) say(`✗ ${problem}`);
  const running = manager.run(lifecycle.signal);
  lifecycle.onShutdown("control plane", () => running, { phase: "drain" });
  say(`${identity} is up`);
  await running;
  return problems.length === 0 ? 0 : 1;
}

/** The agent of one of the manifest's nodes. Runs until the lifecycle ends. */
export async function runAgent(
  surroundings: Surroundings,
  {
    manifest,
    options,
    say,
  }: { readonly manifest: Manifest; readonly options: Options; readonly say: (line: string) => void },
  lifecycle: Lifecycle,
): Promise<number> {
  const node = manifest.nodes.find(({ name }) => name === options.node);
  if (node === undefined) {
    const names = manifest.nodes.map(({ name }) => name).join(", ");
    throw new ManifestError(`${surroundings.file}: nodes: expected one of --node ${options.node}, got ${names}`);
  }
  const stateDir = options.stateDir ?? join(tmpdir(), "keelson-quickstart");
  await mkdir(stateDir, { recursive: true });
  const running = nodeAgent(surroundings, node, stateDir).run(lifecycle.signal);
  lifecycle.onShutdown("agent", () => running, { phase: "drain" });
  say(`the agent of ${node.name} is up`);
  await running;
  return 0;
}
