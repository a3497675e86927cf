import { mpsc } from "../../channels/index.js";
import {
  type Controller,
  type Manager,
  type ReconcileContext,
  channel,
  createManager,
  defineController,
} from "../../controllers/index.js";
import { type Duration, type Logger, type Runtime, currentRuntime, silentLogger, toMs } from "../../core/index.js";
import { type ResourceClient, type ResourceKey, setCondition } from "../../resources/index.js";
import type { Resources } from "../../scheduler/index.js";
import type { StateStore } from "../../store/index.js";
import { Instance } from "../kinds/instance.js";
import { Node } from "../kinds/node.js";
import { NodeLease } from "../kinds/node-lease.js";
import { agentFinalizer } from "../names.js";
import { type InstanceState, Supervisor } from "./supervisor.js";
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
  /** What runs the instances. */
  readonly workloads: WorkloadRuntime;
  /** Where relative commands and working directories begin. @defaultValue the process's working directory */
  readonly cwd?: string;
  /** How often it says that it lives. @defaultValue `"10s"` */
  readonly heartbeat?: Duration;
  /** Whether its instances end with it or go on. @defaultValue `"stop"` */
  readonly onStop?: "stop" | "leave";
  /** The key prefix of the objects. @defaultValue the resource client's */
  readonly prefix?: string;
  /** Where it writes what a person should see. @defaultValue nothing is logged */
  readonly log?: Logger;
  /** Clock and timers. @defaultValue the ambient runtime */
  readonly runtime?: Runtime;
}

/** Runs the instances that are bound to one node. */
export interface Agent {
  /** The name of its node. */
  readonly node: string;
  /** Runs until `signal` aborts; then stops its instances, or leaves them running, as `onStop` says. */
  run(signal: AbortSignal): Promise<void>;
}

/**
 * An agent: watches the Instances bound to its node, runs them, and is the only writer of their status.
 *
 * @remarks
 * It creates its Node, reports capacity, and writes a NodeLease as its heartbeat. An instance is started once per
 * restart count; after a restart of the agent, runs that are still there are taken over by uid.
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
  return new NodeAgent(options);
}

class NodeAgent implements Agent {
  readonly node: string;
  readonly #options: AgentOptions;
  readonly #runtime: Runtime;
  readonly #log: Logger;
  readonly #supervisors = new Map<string, Supervisor>();
  readonly #adoptable = new Map<string, number>();
  readonly #changes: mpsc.UnboundedSender<ResourceKey>;
  readonly #manager: Manager;
  #left = false;

  constructor(options: AgentOptions) {
    this.node = options.node;
    this.#options = options;
    this.#runtime = options.runtime ?? currentRuntime();
    this.#log = options.log ?? silentLogger;
    const [changes, changed] = mpsc.unbounded<ResourceKey>({ runtime: this.#runtime });
    this.#changes = changes;
    this.#manager = createManager({
      store: options.store,
      controllers: [this.#controller(changed)],
      runnables: [
        { name: "heartbeat", run: (signal) => this.#beat(signal) },
        { name: "strays", run: () => this.#endStrays() },
      ],
      runtime: this.#runtime,
      log: this.#log,
      ...(options.prefix === undefined ? {} : { prefix: options.prefix }),
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    for (const { uid, restart } of await this.#runtime.real(() => this.#options.workloads.list())) {
      this.#adoptable.set(uid, Math.max(restart, this.#adoptable.get(uid) ?? 0));
    }
    await this.#register();
    try {
      await this.#manager.run(signal);
    } finally {
      await this.#leave();
    }
  }

  #controller(changed: AsyncIterable<ResourceKey>): Controller {
    return defineController({
      name: `agent-${this.node}`,
      for: Instance,
      concurrency: 64,
      timeout: "10m",
      triggers: [channel(changed)],
      reconcile: (instance, context) =>
        instance.spec.nodeName === this.node ? this.#reconcile(instance, context) : undefined,
      onGone: (key) => {
        this.#endGone(key);
      },
    });
  }

  async #reconcile(instance: Instance, { client, now, signal }: ReconcileContext): Promise<void> {
    if (instance.metadata.deletionTimestamp !== undefined) {
      await this.#end(instance, client);
      return;
    }
    const { phase } = instance.status ?? {};
    if (phase === "Succeeded" || phase === "Failed") return;
    let held = instance;
    if (!instance.metadata.finalizers.includes(agentFinalizer)) {
      const hold = ({ metadata }: { metadata: { finalizers: string[] } }): void => {
        metadata.finalizers = [...new Set([...metadata.finalizers, agentFinalizer])];
      };
      held = await client.update(instance, hold, { signal });
    }
    const supervisor = this.#supervisors.get(held.metadata.uid) ?? this.#supervise(held);
    await writeStatus(held, supervisor.state, client, now());
  }

  #supervise(instance: Instance): Supervisor {
    const { uid, name, namespace } = instance.metadata;
    const { startedAt, restarts: known = 0 } = instance.status ?? {};
    const adopted = this.#adoptable.get(uid);
    this.#adoptable.delete(uid);
    // A start that was made is found again by its number, and with it how it ended; without that, it is lost.
    const isLost = startedAt !== undefined && !this.#options.workloads.survivesAgent;
    const restarts = adopted ?? (isLost ? known + 1 : known);
    const supervisor = new Supervisor(instance, restarts, {
      adopted: adopted !== undefined,
      runtime: this.#runtime,
      workloads: this.#options.workloads,
      node: this.node,
      cwd: this.#options.cwd ?? process.cwd(),
      onChange: () => {
        if (!this.#left) this.#changes.send({ name, namespace });
      },
    });
    this.#supervisors.set(uid, supervisor);
    return supervisor;
  }

  /** Its process first, then its last status, then the finalizer: an Instance that has gone has no process. */
  async #end(instance: Instance, client: ResourceClient): Promise<void> {
    if (!instance.metadata.finalizers.includes(agentFinalizer)) return;
    const { uid, deletionGracePeriodSeconds } = instance.metadata;
    const graceMs = (deletionGracePeriodSeconds ?? instance.spec.terminationGracePeriodSeconds ?? 30) * 1_000;
    const supervisor = this.#supervisors.get(uid);
    if (supervisor !== undefined) await supervisor.stop(graceMs);
    else await this.#stopUnsupervised(uid, graceMs);
    if (supervisor !== undefined) await writeStatus(instance, supervisor.state, client, this.#runtime.wallNow());
    this.#supervisors.delete(uid);
    await client.update(instance, ({ metadata }) => {
      metadata.finalizers = metadata.finalizers.filter((name) => name !== agentFinalizer);
    });
  }

  /** Ends runs of instances that are not, or no longer, this node's. */
  async #endStrays(): Promise<void> {
    const { items } = await this.#manager.client.list(Instance, { fields: { nodeName: this.node } });
    const ours = new Set(items.map(({ metadata }) => metadata.uid));
    const strays = [...this.#adoptable.keys()].filter((uid) => !ours.has(uid));
    for (const uid of strays) this.#adoptable.delete(uid);
    await Promise.all(strays.map((uid) => this.#stopUnsupervised(uid, strayGraceMs)));
  }

  /** An instance that went although its process had not: its node's object was deleted, or its finalizer taken. */
  #endGone(key: ResourceKey): void {
    for (const [uid, supervisor] of this.#supervisors) {
      const { name, namespace } = supervisor.instance.metadata;
      if (name !== key.name || namespace !== key.namespace) continue;
      this.#supervisors.delete(uid);
      supervisor.stop(supervisor.graceMs).catch((error: unknown) => {
        this.#runtime.report(error, { task: `end of ${name}` });
      });
    }
  }

  async #stopUnsupervised(uid: string, graceMs: number): Promise<void> {
    const { workloads } = this.#options;
    const runs = await this.#runtime.real(() => workloads.list());
    await Promise.all(runs.filter((run) => run.uid === uid).map((run) => workloads.stop(run, graceMs)));
  }

  async #register(): Promise<void> {
    const { client } = this.#manager;
    const { capacity, labels = {} } = this.#options;
    const node =
      (await client.get(Node, this.node)) ??
      (await client.create(Node, { metadata: { name: this.node, labels }, spec: {} }));
    const ready = {
      type: "Ready",
      status: "True",
      reason: "AgentReady",
      message: "the agent takes instances",
    } as const;
    const conditions = setCondition([], ready, new Date(this.#runtime.wallNow()));
    await client.patchStatus(node, { capacity, conditions });
  }

  async #beat(signal: AbortSignal): Promise<void> {
    const everyMs = toMs(this.#options.heartbeat ?? "10s", "heartbeat");
    while (!signal.aborted) {
      await this.#manager.client
        .apply(
          NodeLease,
          {
            metadata: { name: this.node },
            spec: {
              holder: this.node,
              renewedAt: new Date(this.#runtime.wallNow()).toISOString(),
              durationSeconds: 40,
            },
          },
          { manager: "agent" },
        )
        .catch((error: unknown) => {
          this.#log.warn({ error, node: this.node }, "could not renew the node's lease");
        });
      await this.#runtime.sleep(everyMs, { signal }).catch(() => undefined);
    }
  }

  /** Ends an instance together with the agent, and says so. */
  async #stopLast(supervisor: Supervisor): Promise<void> {
    await supervisor.stop(supervisor.graceMs);
    const { instance, state } = supervisor;
    await writeStatus(instance, state, this.#manager.client, this.#runtime.wallNow()).catch((error: unknown) => {
      this.#log.warn({ error, instance: instance.metadata.name }, "could not say that an instance has stopped");
    });
  }

  async #leave(): Promise<void> {
    this.#left = true;
    this.#changes.close();
    const supervisors = [...this.#supervisors.values()];
    if (this.#options.onStop === "leave") for (const supervisor of supervisors) supervisor.abandon();
    else await Promise.all(supervisors.map((supervisor) => this.#stopLast(supervisor)));
    const node = await this.#manager.client.get(Node, this.node).catch(() => undefined);
    if (node === undefined) return;
    const stopped = {
      type: "Ready",
      status: "False",
      reason: "AgentStopped",
      message: "the agent has stopped",
    } as const;
    const conditions = setCondition([], stopped, new Date(this.#runtime.wallNow()));
    await this.#manager.client.patchStatus(node, { conditions }).catch((error: unknown) => {
      this.#log.warn({ error, node: this.node }, "could not say that the node is leaving");
    });
  }
}

/** What a run gets that no instance speaks for. */
const strayGraceMs = 30_000;

/** Its own condition alone: the others are Binding's, and may have changed meanwhile. */
async function writeStatus(
  instance: Instance,
  state: InstanceState,
  client: ResourceClient,
  now: number,
): Promise<void> {
  const { ready, phase, restarts, pid, port, startedAt, lastExit, message } = state;
  const conditions = setCondition([], { type: "Ready", ...ready }, new Date(now));
  const observedGeneration = instance.metadata.generation;
  await client.patchStatus(instance, {
    observedGeneration,
    phase,
    restarts,
    pid,
    port,
    startedAt,
    lastExit,
    message,
    conditions,
  });
}
