import type { Runtime } from "../../core/index.js";
import { LinkedSignal } from "../../core/linked-signal.js";
import type { Instance, InstanceExit } from "../kinds/instance.js";
import { StartError } from "./errors.js";
import { claimPort } from "./port.js";
import { watchProbe } from "./probe.js";
import type { Run, RunExit, WorkloadRuntime } from "./workload-runtime.js";

/** What a supervisor knows of its instance: the agent writes it into the status. */
export interface InstanceState {
  readonly phase: "Pending" | "Running" | "Succeeded" | "Failed";
  readonly ready: { readonly status: "True" | "False"; readonly reason: string; readonly message: string };
  readonly restarts: number;
  readonly pid?: number | undefined;
  readonly port?: number | undefined;
  readonly startedAt?: string | undefined;
  readonly lastExit?: InstanceExit | undefined;
  readonly message?: string | undefined;
}

/** What a supervisor works with. */
export interface SupervisorParts {
  /** The run that was there before the agent, if any. */
  readonly adopted: boolean;
  readonly runtime: Runtime;
  readonly workloads: WorkloadRuntime;
  readonly node: string;
  readonly cwd: string;
  readonly onChange: () => void;
}

/** The first restart after a crash is immediate, then the wait doubles; ten minutes without a crash forget it. */
const firstBackoffMs = 10_000;
const longestBackoffMs = 300_000;
const healthyMs = 600_000;

/**
 * Runs one instance on this node from its first start to its end: starts, probes, restarts, stops.
 *
 * @internal
 */
export class Supervisor {
  state: InstanceState;
  readonly #instance: Instance;
  readonly #parts: SupervisorParts;
  readonly #stopping = new LinkedSignal();
  #run: Run | undefined = undefined;
  #adopted: boolean;
  #crashes = 0;
  /** How long its process gets to end; none while it is not to be stopped. */
  #stopGraceMs: number | undefined = undefined;
  readonly #done: Promise<void>;

  constructor(instance: Instance, restarts: number, parts: SupervisorParts) {
    this.#instance = instance;
    this.#parts = parts;
    this.#adopted = parts.adopted;
    this.state = {
      phase: "Pending",
      restarts,
      ready: notReady("Starting", "not started yet"),
      startedAt: instance.status?.startedAt,
      lastExit: instance.status?.lastExit,
    };
    this.#done = this.#supervise().catch((error: unknown) => {
      if (!this.#stopping.isAborted) parts.runtime.report(error, { task: `supervisor of ${instance.metadata.name}` });
    });
  }

  /** Whom it looks after. */
  get instance(): Instance {
    return this.#instance;
  }

  /** What the instance is given between SIGTERM and SIGKILL. */
  get graceMs(): number {
    return (this.#instance.spec.terminationGracePeriodSeconds ?? 30) * 1_000;
  }

  /** Ends the instance: SIGTERM, `graceMs`, SIGKILL; resolves once its process has gone. */
  async stop(graceMs: number): Promise<void> {
    this.#stopGraceMs = graceMs;
    if (this.state.phase !== "Succeeded" && this.state.phase !== "Failed") {
      this.#set({ ready: notReady("Stopping", "asked to stop") });
    }
    this.#stopping.abort(new Error("stopping"));
    if (this.#run !== undefined) await this.#parts.workloads.stop(this.#run, graceMs);
    await this.#done;
  }

  /** Stops looking after it, and leaves its process alone. */
  abandon(): void {
    this.#stopping.abort(new Error("abandoned"));
  }

  async #supervise(): Promise<void> {
    const { runtime } = this.#parts;
    while (!this.#stopping.isAborted) {
      const started = runtime.now();
      const exit = await this.#runOnce();
      if (exit !== undefined && this.#isFinal(exit)) return;
      this.#stopping.signal.throwIfAborted();
      if (runtime.now() - started >= healthyMs) this.#crashes = 0;
      await runtime.sleep(this.#backoffMs(exit === undefined), { signal: this.#stopping.signal });
      if (exit !== undefined) this.#set({ restarts: this.state.restarts + 1 });
    }
  }

  /** Starts it and waits for its end; `undefined` when it could not be started. */
  async #runOnce(): Promise<RunExit | undefined> {
    const { workloads, runtime, node, cwd } = this.#parts;
    const { metadata, spec } = this.#instance;
    try {
      const port = await this.#port();
      const env = {
        ...spec.env,
        ...(port === undefined ? {} : { PORT: String(port) }),
        KEELSON_INSTANCE: metadata.name,
        KEELSON_NODE: node,
      };
      const { restarts: restart } = this.state;
      const { command } = spec;
      if (this.#isEnding()) return undefined;
      this.#run = await runtime.real(() =>
        workloads.start({ uid: metadata.uid, restart, command, env, cwd: spec.cwd ?? cwd }),
      );
      // Asked to stop while it was being started: it would not be told by anybody else.
      if (this.#stopGraceMs !== undefined) await workloads.stop(this.#run, this.#stopGraceMs);
      else if (this.#isEnding()) return undefined;
      return await this.#untilExit(this.#run, port);
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      this.#set({ phase: "Pending", message: error.message, ready: notReady(error.reason, error.message) });
      return undefined;
    }
  }

  async #untilExit(run: Run, port: number | undefined): Promise<RunExit> {
    const { workloads, runtime } = this.#parts;
    const { readiness } = this.#instance.spec;
    using probing = new LinkedSignal(this.#stopping.signal);
    const adopted = this.#adopted;
    this.#adopted = false;
    this.#set({
      phase: "Running",
      pid: run.pid,
      port,
      startedAt: (adopted ? this.state.startedAt : undefined) ?? new Date(runtime.wallNow()).toISOString(),
      message: undefined,
      ready: this.#firstVerdict(port),
    });
    if (readiness !== undefined && port !== undefined) {
      const onVerdict = (passes: boolean, problem = ""): void => {
        this.#set({ ready: passes ? ready("ProbePassed", "its probe passes") : notReady("ProbeFailed", problem) });
      };
      void watchProbe(readiness, port, { runtime, signal: probing.signal, onVerdict }).catch(() => undefined);
    }
    const exit = await workloads.exited(run); // not through `real`: it takes as long as the process lives
    probing.abort(new Error("the process has ended"));
    this.#run = undefined;
    const reason = exit.signal ?? (exit.code === 0 ? "Completed" : "Error");
    const at = new Date(runtime.wallNow()).toISOString();
    this.#set({ pid: undefined, lastExit: { ...exit, reason, at }, ready: notReady("Exited", described(exit)) });
    return exit;
  }

  /** The port of a run that goes on is the one it was given. */
  async #port(): Promise<number | undefined> {
    const { port } = this.#instance.spec;
    if (port === undefined) return undefined;
    const known = this.#instance.status?.port ?? (port === 0 ? undefined : port);
    return this.#adopted && known !== undefined ? known : await this.#parts.runtime.real(() => claimPort(port));
  }

  #isEnding(): boolean {
    return this.#stopping.isAborted;
  }

  #firstVerdict(port: number | undefined): InstanceState["ready"] {
    if (this.#stopping.isAborted) return this.state.ready;
    if (this.#instance.spec.readiness === undefined) return ready("Running", "its process runs");
    return notReady("Starting", port === undefined ? "spec.readiness: has no spec.port to ask" : "not probed yet");
  }

  #isFinal(exit: RunExit): boolean {
    const { restartPolicy = "Always" } = this.#instance.spec;
    const succeeded = exit.code === 0;
    if (this.#stopping.isAborted || restartPolicy === "Always") return false;
    if (restartPolicy === "OnFailure" && !succeeded) return false;
    this.#set({ phase: succeeded ? "Succeeded" : "Failed" });
    return true;
  }

  /** After a crash: nothing, 10 s, 20 s …; after a start that failed the same without the first. */
  #backoffMs(atOnceIsPointless: boolean): number {
    const earlier = this.#crashes + (atOnceIsPointless ? 1 : 0);
    this.#crashes += 1;
    if (earlier === 0) return 0;
    const wait = Math.min(longestBackoffMs, firstBackoffMs * 2 ** (earlier - 1));
    if (!atOnceIsPointless) this.#set({ ready: notReady("CrashLoop", `started again in ${String(wait / 1_000)} s`) });
    return wait;
  }

  #set(change: Partial<InstanceState>): void {
    this.state = { ...this.state, ...change };
    this.#parts.onChange();
  }
}

function ready(reason: string, message: string): InstanceState["ready"] {
  return { status: "True", reason, message };
}

function notReady(reason: string, message: string): InstanceState["ready"] {
  return { status: "False", reason, message };
}

function described({ code, signal }: RunExit): string {
  return signal === undefined ? `ended with code ${String(code)}` : `ended by ${signal}`;
}
