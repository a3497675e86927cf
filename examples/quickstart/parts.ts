import { dirname, join } from "node:path";
import { type LeaderElection, type Manager, createManager } from "keelson/controllers";
import type { Logger } from "keelson/core";
import { type Agent, childProcessRuntime, createAgent, referenceControllers } from "keelson/reconcilers";
import type { StateStore } from "keelson/store";
import type { ManifestNode } from "./manifest.js";

/** What the parts of the quickstart share. */
export interface Surroundings {
  readonly store: StateStore;
  /** The manifest's file: commands start in its folder. */
  readonly file: string;
  readonly log: Logger;
}

/** The control plane: the reconcilers of the reference orchestrator. */
export function controlPlane({ store, log }: Surroundings, leaderElection?: LeaderElection): Manager {
  return createManager({ store, log, leaderElection, controllers: referenceControllers() });
}

/** The agent of a node; it keeps pids and logs under `stateDir`. */
export function nodeAgent({ store, file, log }: Surroundings, node: ManifestNode, stateDir: string): Agent {
  const workloads = childProcessRuntime({ stateDir: join(stateDir, node.name) });
  return createAgent({ store, node: node.name, capacity: node.capacity, workloads, cwd: dirname(file), log });
}
