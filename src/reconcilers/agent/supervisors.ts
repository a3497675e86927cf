import type { ReconcileContext, ReconcileResult } from "../../controllers/index.js";
import type { Logger, Runtime } from "../../core/index.js";
import type { ResourceClient, ResourceKey } from "../../resources/index.js";
import { conditionOf, hasEnded } from "../instances.js";
import type { Instance } from "../kinds/instance.js";
import { agentFinalizer } from "../names.js";
import { writeStatus } from "./instance-state.js";
import type { RunExits } from "./run-exits.js";
import { Supervisor } from "./supervisor.js";
import type { Run, WorkloadRuntime } from "./workload-runtime.js";

/** What the supervisors of a node share. */
export interface SupervisorsParts {
  readonly node: string;
  readonly cwd: string;
  readonly workloads: WorkloadRuntime;
  readonly exits: RunExits;
  readonly runtime: Runtime;
  readonly log: Logger;
  /** Told of each instance whose state has changed. */
  readonly onChange: (key: ResourceKey) => void;
}

/** Everything is looked at this often, whether or not anything seems to have changed. */
const resync: ReconcileResult = { requeueAfter: "60s" };
/** What cannot be done now is tried again after this long. */
const retry: ReconcileResult = { requeueAfter: "10s" };
/** Why an instance is not ready that a person should hear of. */
const failures: ReadonlySet<string> = new Set([
  "CommandNotFound",
  "CrashLoop",
  "LivenessFailed",
  "PortInUse",
  "ProbeFailed",
  "StartFailed",
  "StartupFailed",
]);
/** What a run gets that no instance speaks for. */
const strayGraceMs = 30_000;

/**
 * One supervisor for each instance of a node: makes, asks and ends them as the Instances say.
 *
 * @internal
 */
export class Supervisors {
  readonly #parts: SupervisorsParts;
  readonly #byUid = new Map<string, Supervisor>();
  /** Runs that were there before, by uid. */
  readonly #adoptable = new Map<string, Run>();
  /** While fenced nothing runs, and nothing is started. */
  #isFenced = false;
  #hasLeft = false;

  constructor(parts: SupervisorsParts) {
    this.#parts = parts;
  }

  /** Finds the runs that an earlier agent has left. */
  async findRuns(): Promise<void> {
    const { runtime, workloads } = this.#parts;
    for (const run of await runtime.real(() => workloads.list())) {
      if (run.restart >= (this.#adoptable.get(run.uid)?.restart ?? 0)) this.#adoptable.set(run.uid, run);
    }
  }

  /** Ends the runs that were found and belong to no instance of this node. */
  async endStrays(ours: ReadonlySet<string>): Promise<void> {
    const strays = [...this.#adoptable.values()].filter(({ uid }) => !ours.has(uid));
    for (const { uid } of strays) this.#adoptable.delete(uid);
    await Promise.all(
      strays.map(async (run) => {
        await this.#parts.workloads.stop(run, strayGraceMs);
        await this.#forget(run.uid);
      }),
    );
  }

  /** Brings what runs in line with an instance, and the instance's status with what runs. */
  async reconcile(
    instance: Instance,
    { client, now, event }: Pick<ReconcileContext, "client" | "now" | "event">,
  ): Promise<ReconcileResult | undefined> {
    this.#endNamesakes(instance);
    if (instance.metadata.deletionTimestamp !== undefined) return await this.#end(instance, client);
    if (hasEnded(instance)) return undefined;
    const held = await hold(instance, client);
    if (held.metadata.deletionTimestamp !== undefined) return undefined; // it will be looked at again as such
    const known = this.#byUid.get(held.metadata.uid);
    const isLost = known === undefined && (await this.#isLost(held));
    if (this.#isFenced) return retry; // only now: the lease may have been lost meanwhile
    const supervisor = known ?? this.#supervise(held, isLost);
    await supervisor.check();
    const { ready } = supervisor.state;
    const before = conditionOf(held, "Ready");
    const isNews = ready.reason !== before?.reason || ready.message !== before.message;
    if (isNews && failures.has(ready.reason)) event("Warning", ready.reason, ready.message);
    await writeStatus(held, supervisor.state, client, now());
    return resync;
  }

  /** Ends the process of an instance that went although its process had not. */
  gone(key: ResourceKey): void {
    for (const supervisor of this.#of(key)) this.#endGone(supervisor);
  }

  /** Ends everything, and starts nothing before {@link Supervisors.unfence}. */
  async fence(): Promise<void> {
    this.#isFenced = true;
    await Promise.all(
      [...this.#byUid.values()].map(async (supervisor) => {
        await supervisor.stop(supervisor.graceMs);
        this.#byUid.delete(supervisor.instance.metadata.uid);
      }),
    );
  }

  unfence(): void {
    this.#isFenced = false;
  }

  /** Ends the supervisors, with their instances or without. */
  async leave(how: "stop" | "leave", client: ResourceClient): Promise<void> {
    this.#hasLeft = true;
    const all = [...this.#byUid.values()];
    if (how === "leave") for (const supervisor of all) supervisor.abandon();
    else await Promise.all(all.map((supervisor) => this.#stopLast(supervisor, client)));
  }

  /** A start that was made is found again by its number, and with it how it ended; one that is not is lost. */
  async #isLost({ metadata: { uid }, status }: Instance): Promise<boolean> {
    const { runtime, workloads } = this.#parts;
    const { startedAt, restarts: restart = 0 } = status ?? {};
    if (startedAt === undefined || this.#adoptable.has(uid)) return false;
    return (await runtime.real(() => workloads.status({ uid, restart }))).state === "unknown";
  }

  #supervise(instance: Instance, isLost: boolean): Supervisor {
    const { runtime, workloads, exits, node, cwd, onChange } = this.#parts;
    const { uid, name, namespace } = instance.metadata;
    const { restarts: known = 0 } = instance.status ?? {};
    const adopted = this.#adoptable.get(uid);
    this.#adoptable.delete(uid);
    const restarts = adopted?.restart ?? (isLost ? known + 1 : known);
    const supervisor = new Supervisor(
      instance,
      { restarts, adopted, isLost },
      {
        runtime,
        workloads,
        exits,
        node,
        cwd,
        onChange: () => {
          if (!this.#hasLeft) onChange({ name, namespace });
        },
      },
    );
    this.#byUid.set(uid, supervisor);
    return supervisor;
  }

  /** Its process first, then its last status, then the finalizer: an Instance that has gone has no process. */
  async #end(instance: Instance, client: ResourceClient): Promise<ReconcileResult | undefined> {
    const { uid, finalizers, deletionGracePeriodSeconds } = instance.metadata;
    if (!finalizers.includes(agentFinalizer)) return undefined;
    const known = this.#byUid.get(uid);
    const supervisor = known ?? (this.#adoptable.has(uid) ? this.#supervise(instance, false) : undefined);
    if (supervisor !== undefined) {
      const graceSeconds = deletionGracePeriodSeconds ?? instance.spec.terminationGracePeriodSeconds ?? 30;
      if (!supervisor.isDone) this.#stop(supervisor, graceSeconds * 1_000);
      await writeStatus(instance, supervisor.state, client, this.#parts.runtime.wallNow());
      if (!supervisor.isDone) return resync; // its end wakes this key
      this.#byUid.delete(uid);
    }
    await client.update(instance, ({ metadata }) => {
      metadata.finalizers = metadata.finalizers.filter((name) => name !== agentFinalizer);
    });
    await this.#forget(uid);
    return undefined;
  }

  /** An object of the same name and another uid is another object: what runs for the earlier one ends. */
  #endNamesakes({ metadata }: Instance): void {
    for (const supervisor of this.#of(metadata)) {
      if (supervisor.instance.metadata.uid !== metadata.uid) this.#endGone(supervisor);
    }
  }

  #endGone(supervisor: Supervisor): void {
    const { uid } = supervisor.instance.metadata;
    this.#byUid.delete(uid);
    this.#stop(supervisor, supervisor.graceMs, () => this.#forget(uid));
  }

  /** Stops without waiting: its end is heard of by itself. */
  #stop(supervisor: Supervisor, graceMs: number, then: () => Promise<void> = () => Promise.resolve()): void {
    supervisor
      .stop(graceMs)
      .then(then)
      .catch((error: unknown) => {
        this.#parts.runtime.report(error, { task: `end of ${supervisor.instance.metadata.name}` });
      });
  }

  /** Ends an instance together with the agent, and says so. */
  async #stopLast(supervisor: Supervisor, client: ResourceClient): Promise<void> {
    await supervisor.stop(supervisor.graceMs);
    const { instance, state } = supervisor;
    await writeStatus(instance, state, client, this.#parts.runtime.wallNow()).catch((error: unknown) => {
      this.#parts.log.warn(
        { err: error, instance: instance.metadata.name },
        "could not say that an instance has stopped",
      );
    });
  }

  async #forget(uid: string): Promise<void> {
    await this.#parts.runtime.real(() => this.#parts.workloads.forget(uid));
  }

  #of({ name, namespace }: ResourceKey): readonly Supervisor[] {
    return [...this.#byUid.values()].filter(
      ({ instance: { metadata } }) => metadata.name === name && metadata.namespace === namespace,
    );
  }
}

/** Keeps an Instance from going before its process. */
async function hold(instance: Instance, client: ResourceClient): Promise<Instance> {
  if (instance.metadata.finalizers.includes(agentFinalizer)) return instance;
  return await client.update(instance, ({ metadata }, latest) => {
    if (latest.metadata.deletionTimestamp !== undefined || metadata.finalizers.includes(agentFinalizer)) return;
    metadata.finalizers.push(agentFinalizer);
  });
}
