import type { Runtime } from "../../core/index.js";
import { LinkedSignal } from "../../core/linked-signal.js";
import { isAbortOf } from "../../core/operation.js";
import type { Instance } from "../kinds/instance.js";
import { StartError } from "./errors.js";
import {
  type InstanceState,
  type Readiness,
  described,
  lastReadiness,
  notReady,
  ready,
  recorded,
  starting,
} from "./instance-state.js";
import { claimPort } from "./port.js";
import { watchProbes } from "./probe-loop.js";
import { RestartBackoff } from "./restart-backoff.js";
import type { RunExits } from "./run-exits.js";
import type { Run, RunExit, WorkloadRuntime } from "./workload-runtime.js";

/** What a supervisor works with. */
export interface SupervisorParts {
  readonly runtime: Runtime;
  readonly workloads: WorkloadRuntime;
  readonly exits: RunExits;
  readonly node: string;
  readonly cwd: string;
  readonly onChange: () => void;
}

/** Where a supervisor begins. */
export interface SupervisorStart {
  /** Which start of the instance comes next, or is there already. */
  readonly restarts: number;
  /** That start, when an agent before this one has made it. */
  readonly adopted: Run | undefined;
  /** Whether an earlier agent's run is gone with it. */
  readonly isLost: boolean;
}

/** Starts of which output is kept: the present one and the one before. */
const keptStarts = 2;

/**
 * Runs one instance on this node from its first start to its end: starts, probes, restarts, stops.
 *
 * @internal
 */
export class Supervisor {
  readonly instance: Instance;
  state: InstanceState;
  readonly #parts: SupervisorParts;
  readonly #stopping = new LinkedSignal();
  readonly #backoff = new RestartBackoff();
  readonly #done: Promise<void>;
  /** What runs; at first the run that was there before. */
  #run: Run | undefined;
  /** How long its process gets to end; none while it is not to be stopped. */
  #stopGraceMs: number | undefined = undefined;
  #isDone = false;
  /** Why the present run is being ended, if this supervisor ends it to start it again. */
  #sick: Pick<RunExit, "reason" | "message"> | undefined = undefined;

  constructor(instance: Instance, { restarts, adopted, isLost }: SupervisorStart, parts: SupervisorParts) {
    this.instance = instance;
    this.#parts = parts;
    this.#run = adopted;
    const { startedAt, lastExit, phase = "Pending", message } = instance.status ?? {};
    const lost = { reason: "AgentLost", message: "it ended with the agent that ran it" };
    this.state = {
      restarts,
      // What an agent before this one said goes on to be true until something else is seen.
      phase: isLost ? "Pending" : phase,
      ready: isLost ? starting : lastReadiness(instance),
      ...{ pid: adopted?.pid, port: adopted?.port, message },
      startedAt,
      lastExit: isLost ? recorded(lost, this.#wallTime()) : lastExit,
    };
    this.#done = this.#supervise()
      .catch((error: unknown) => {
        if (this.#stopping.isAborted && isAbortOf(error, this.#stopping.signal.reason)) return;
        parts.runtime.report(error, { task: `supervisor of ${instance.metadata.name}` });
      })
      .finally(() => {
        this.#isDone = true;
        parts.onChange();
      });
  }

  /** What the instance is given between SIGTERM and SIGKILL. */
  get graceMs(): number {
    return (this.instance.spec.terminationGracePeriodSeconds ?? 30) * 1_000;
  }

  /** Whether there is nothing left to look after. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /**
   * Ends the instance: SIGTERM, `graceMs`, SIGKILL; resolves once its process has gone. Asked again, a shorter grace
   * counts.
   */
  async stop(graceMs: number): Promise<void> {
    if (this.#stopGraceMs !== undefined && graceMs >= this.#stopGraceMs) {
      await this.#done;
      return;
    }
    this.#stopGraceMs = graceMs;
    if (!this.#hasEnded()) this.#set({ ready: notReady("Stopping", "asked to stop") });
    this.#stopping.abort(new Error("stopping"));
    await this.#stopRun(graceMs);
    await this.#done;
  }

  /** Stops looking after it, and leaves its process alone. */
  abandon(): void {
    this.#stopping.abort(new Error("abandoned"));
  }

  /** Asks whether its run has ended without being heard. */
  async check(): Promise<void> {
    if (this.#run !== undefined) await this.#parts.exits.check(this.#run);
  }

  async #supervise(): Promise<void> {
    const { runtime } = this.#parts;
    while (!this.#stopping.isAborted) {
      const started = runtime.now() - this.#ranBefore();
      const exit = await this.#runOnce();
      if (exit !== undefined && this.#isFinal(exit)) return;
      this.#stopping.signal.throwIfAborted();
      await this.#wait(exit === undefined ? undefined : runtime.now() - started);
      if (exit !== undefined) this.#set({ restarts: this.state.restarts + 1 });
    }
  }

  /** Starts it and waits for its end; `undefined` when it could not be started. */
  async #runOnce(): Promise<RunExit | undefined> {
    const { workloads, runtime, node, cwd } = this.#parts;
    const { metadata, spec } = this.instance;
    const { restarts: restart } = this.state;
    try {
      const port = await this.#port();
      const env = {
        ...spec.env,
        ...(port === undefined ? {} : { PORT: String(port) }),
        KEELSON_INSTANCE: metadata.name,
        KEELSON_NODE: node,
      };
      // One that was there before is started once more all the same: that finds it again.
      if (this.#isEnding() && !this.#isAdopted()) return undefined;
      const { command, resources } = spec;
      const run = await runtime.real(() =>
        workloads.start({ uid: metadata.uid, restart, command, env, cwd: spec.cwd ?? cwd, port, resources }),
      );
      const adopted = this.#run;
      this.#run = run;
      // Asked to stop while it was being started: it would not be told by anybody else.
      if (this.#stopGraceMs !== undefined) await this.#stopRun(this.#stopGraceMs);
      else if (this.#isEnding()) return undefined;
      return await this.#untilExit(run, adopted !== undefined);
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      this.#set({ phase: "Pending", message: error.message, ready: notReady(error.reason, error.message) });
      return undefined;
    }
  }

  async #untilExit(run: Run, isAdopted: boolean): Promise<RunExit> {
    const { exits, workloads, runtime } = this.#parts;
    const { metadata, spec } = this.instance;
    using probing = new LinkedSignal(this.#stopping.signal);
    const { port } = run;
    this.#began(run, isAdopted);
    const before = run.restart + 1 - keptStarts;
    runtime
      .real(() => workloads.forget(metadata.uid, { before }))
      .catch((error: unknown) => {
        runtime.report(error, { task: `output of ${metadata.name}` });
      });
    watchProbes(spec, { run, port, workloads, runtime }, probing.signal, {
      onReady: (passes, problem) => {
        if (this.#sick !== undefined) return;
        this.#set({ ready: passes ? this.#isReady() : notReady("ProbeFailed", problem) });
      },
      onSick: (reason, problem) => {
        this.#endSick(reason, problem);
      },
    }).catch((error: unknown) => {
      if (!probing.isAborted) runtime.report(error, { task: `probes of ${metadata.name}` });
    });
    const seen = await exits.of(run);
    probing.abort(new Error("the process has ended"));
    const exit = { ...seen, ...this.#sick };
    this.#run = undefined;
    this.#sick = undefined;
    const lastExit = recorded(exit, this.#wallTime());
    this.#set({ pid: undefined, lastExit, ready: notReady("Exited", described(exit)) });
    return exit;
  }

  #began({ pid, port }: Run, isAdopted: boolean): void {
    this.#set({
      phase: "Running",
      pid,
      port,
      startedAt: (isAdopted ? this.state.startedAt : undefined) ?? this.#wallTime(),
      message: undefined,
      ready: this.#isEnding() || isAdopted ? this.state.ready : notReady("Starting", "not probed yet"),
    });
  }

  /** Ends the present run, to start it again. */
  #endSick(reason: "StartupFailed" | "LivenessFailed", message: string): void {
    if (this.#sick !== undefined) return;
    this.#sick = { reason, message };
    this.#set({ ready: notReady(reason, message) });
    this.#stopRun(this.graceMs).catch((error: unknown) => {
      this.#parts.runtime.report(error, { task: `restart of ${this.instance.metadata.name}` });
    });
  }

  async #stopRun(graceMs: number): Promise<void> {
    if (this.#run !== undefined) await this.#parts.workloads.stop(this.#run, graceMs);
  }

  /** The port of a run that goes on is the one it was given. */
  async #port(): Promise<number | undefined> {
    const { port } = this.instance.spec;
    if (port === undefined || this.#run !== undefined) return this.#run?.port;
    return await this.#parts.runtime.real(() => claimPort(port));
  }

  #isAdopted(): boolean {
    return this.#run !== undefined;
  }

  #isReady(): Readiness {
    return this.instance.spec.readiness === undefined
      ? ready("Running", "its process runs")
      : ready("ProbePassed", "its probe passes");
  }

  /** A function, as the compiler takes a getter that was once false to be false for ever. */
  #isEnding(): boolean {
    return this.#stopping.isAborted;
  }

  #hasEnded(): boolean {
    return this.state.phase === "Succeeded" || this.state.phase === "Failed";
  }

  /** Milliseconds that an adopted run ran before this supervisor. */
  #ranBefore(): number {
    const { startedAt } = this.state;
    if (this.#run === undefined || startedAt === undefined) return 0;
    return Math.max(0, this.#parts.runtime.wallNow() - Date.parse(startedAt));
  }

  #isFinal(exit: RunExit): boolean {
    const { restartPolicy = "Always" } = this.instance.spec;
    const succeeded = exit.code === 0 && exit.reason === undefined;
    if (this.#stopping.isAborted || restartPolicy === "Always") return false;
    if (restartPolicy === "OnFailure" && !succeeded) return false;
    this.#set({ phase: succeeded ? "Succeeded" : "Failed" });
    return true;
  }

  /** Waits before the next start; `undefined` when there was none to wait after. */
  async #wait(ranMs: number | undefined): Promise<void> {
    const ms = ranMs === undefined ? this.#backoff.afterFailedStart() : this.#backoff.afterRun(ranMs);
    if (ranMs !== undefined && ms > 0) {
      this.#set({ ready: notReady("CrashLoop", `started again in ${String(ms / 1_000)} s`) });
    }
    await this.#parts.runtime.sleep(ms, { signal: this.#stopping.signal });
  }

  #wallTime(): string {
    return new Date(this.#parts.runtime.wallNow()).toISOString();
  }

  #set(change: Partial<InstanceState>): void {
    this.state = { ...this.state, ...change };
    this.#parts.onChange();
  }
}
