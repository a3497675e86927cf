import { type Manager, createManager } from "../../controllers/index.js";
import { type Duration, type Logger, type Runtime, currentRuntime, silentLogger, toMs } from "../../core/index.js";
import { checkName, checkOneOf } from "../../core/check.js";
import type { Resources } from "../../scheduler/index.js";
import type { StateStore } from "../../store/index.js";
import { Instance } from "../kinds/instance.js";
import type { NodeAddress } from "../kinds/node.js";
import { Heartbeat } from "./heartbeat.js";
import { instanceControl } from "./instance-controller.js";
import { type LogOptions, readLogs } from "./read-logs.js";
import { RunExits } from "./run-exits.js";
import type { Supervisors } from "./supervisors.js";
import type { WorkloadRuntime } from "./workload-runtime.js";

/** How {@link createAgent} is set up. */
export interface AgentOptions {
  /** Where the objects live. */
  readonly store: StateStore;
  /** The name of its node. */
  readonly node: string;
  /** What the node can give. */
  readonly capacity: Resources;
  /** The node's labels, when the agent creates it. @defaultValue none */
  readonly labels?: Readonly<Record<string, string>>;
  /** Where the agent can be reached, such as its {@link logsHandler}; told in the Node's status. @defaultValue none */
  readonly addresses?: readonly NodeAddress[];
  /** What runs the instances. */
  readonly workloads: WorkloadRuntime;
  /** Where relative commands and working directories begin. @defaultValue the process's working directory */
  readonly cwd?: string;
  /** How often it says that it lives. @defaultValue `"10s"` */
  readonly heartbeat?: Duration;
  /** After how long without having said so it must take itself for dead. @defaultValue `"40s"` */
  readonly lease?: Duration;
  /**
   * What becomes of its instances then: they go on, or are stopped until the lease is held again. Only with `"fence"`
   * does an instance never run twice while its node is cut off.
   *
   * @defaultValue `"keep"`
   */
  readonly onLeaseLost?: "keep" | "fence";
  /** Whether its instances end with it or go on. @defaultValue `"stop"` */
  readonly onStop?: "stop" | "leave";
  /** The key prefix of the objects. @defaultValue the resource client's */
  readonly prefix?: string;
  /** Where it writes what a person should see. @defaultValue as of a manager: the first failures are reported */
  readonly log?: Logger;
  /** Clock and timers. @defaultValue the ambient runtime */
  readonly runtime?: Runtime;
}

/** Runs the instances that are bound to one node. */
export interface Agent {
  /** The name of its node. */
  readonly node: string;
  /**
   * Runs until `signal` aborts; then stops its instances, or leaves them running, as `onStop` says. It runs once.
   *
   * @throws what kept it from registering its node, or a watch failed with.
   */
  run(signal: AbortSignal): Promise<void>;
  /**
   * The output of an instance, line by line, by its uid.
   *
   * @throws LogsNotFoundError when there is none here.
   */
  logs(uid: string, options?: LogOptions): AsyncIterable<string>;
}

/**
 * An agent: watches the Instances bound to its node, runs them, and is the only writer of their status.
 *
 * @remarks
 * It creates its Node, reports capacity, and writes a NodeLease as its heartbeat. An instance is started once per
 * restart count; after a restart of the agent, runs that are still there are taken over by uid, and those that nobody
 * asks for are ended. Everything is looked at anew each minute.
 *
 * @example
 * ```ts
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { childProcessRuntime, createAgent } from "keelson/reconcilers";
 * import { memoryStore } from "keelson/store/memory";
 *
 * const workloads = childProcessRuntime({ stateDir: await mkdtemp(`${tmpdir()}/keelson-`) });
 * const agent = createAgent({ store: memoryStore(), node: "alpha", capacity: { cpu: 4_000 }, workloads });
 * agent.node // => "alpha"
 * ```
 */
export function createAgent(options: AgentOptions): Agent {
  const { store, node, workloads, prefix, onLeaseLost = "keep", onStop = "stop" } = options;
  const { runtime = currentRuntime(), log = silentLogger } = options;
  checkName("node", node);
  checkOneOf("onLeaseLost", onLeaseLost, ["keep", "fence"]);
  checkOneOf("onStop", onStop, ["stop", "leave"]);
  const exits = new RunExits(workloads, runtime);
  const cwd = options.cwd ?? process.cwd();
  const control = instanceControl({ node, cwd, workloads, exits, runtime, log });
  const { supervisors } = control;
  const manager = createManager({
    store,
    controllers: [control.controller],
    runnables: [
      { name: "heartbeat", run: (signal) => heartbeat.run(signal) },
      { name: "strays", run: () => endStrays(manager, node, supervisors) },
    ],
    runtime,
    log: options.log,
    ...(prefix === undefined ? {} : { prefix }),
  });
  const heartbeat = new Heartbeat({
    client: manager.client,
    node,
    capacity: options.capacity,
    labels: options.labels ?? {},
    addresses: options.addresses ?? [],
    everyMs: toMs(options.heartbeat ?? "10s", "heartbeat"),
    leaseMs: toMs(options.lease ?? "40s", "lease"),
    runtime,
    log,
    onLease: (isHeld) => {
      if (onLeaseLost === "keep") return;
      if (isHeld) supervisors.unfence();
      else {
        supervisors.fence().catch((error: unknown) => {
          runtime.report(error, { task: "fencing" });
        });
      }
    },
  });

  const run = async (signal: AbortSignal): Promise<void> => {
    const listening = new AbortController();
    const heard = exits.run(listening.signal);
    try {
      await supervisors.findRuns();
      await heartbeat.register();
      await manager.run(signal);
    } finally {
      await supervisors.leave(onStop, manager.client);
      control.close();
      listening.abort(new Error("the agent has stopped"));
      await heard;
      await heartbeat.leave().catch((error: unknown) => {
        log.warn({ err: error, node }, "could not say that the node is leaving");
      });
    }
  };
  return { node, run, logs: (uid, logOptions) => readLogs(workloads, runtime, uid, logOptions) };
}

async function endStrays({ client }: Manager, node: string, supervisors: Supervisors): Promise<void> {
  const { items } = await client.list(Instance, { fields: { nodeName: node } });
  await supervisors.endStrays(new Set(items.map(({ metadata }) => metadata.uid)));
}
