import type { WaitOptions } from "../../core/index.js";
import type { Resources } from "../../scheduler/index.js";

/** Names one start of an instance. */
export interface RunId {
  /** The instance's uid. */
  readonly uid: string;
  /** Which start of the instance this is, from 0; each is made at most once. */
  readonly restart: number;
}

/** What a {@link WorkloadRuntime} starts. */
export interface RunSpec extends RunId {
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** Its environment variables, beside the agent's own. */
  readonly env: Readonly<Record<string, string>>;
  /** Its working directory. */
  readonly cwd: string;
  /** The port it is to serve, also in `env` as `PORT`. @defaultValue none */
  readonly port?: number | undefined;
  /** What it was promised; runtimes that can hold it to that do. @defaultValue nothing */
  readonly resources?: Resources | undefined;
}

/** Something that was started. */
export interface Run extends RunId {
  /** The process, where it is one of its own. */
  readonly pid?: number;
  /** The port it was given when it was started. */
  readonly port?: number;
}

/** How a run ended: by itself with a code, or by a signal, or by neither. */
export interface RunExit {
  /** Its exit code, unless a signal ended it. */
  readonly code?: number;
  /** The signal that ended it. */
  readonly signal?: string;
  /** Why, as one word, where code and signal do not say: `OOMKilled`, or `Leaked` for what could not be ended. */
  readonly reason?: string;
  /** Why, for a person. */
  readonly message?: string;
}

/** What became of a start. */
export type RunStatus =
  | { readonly state: "running"; readonly run: Run }
  | { readonly state: "exited"; readonly exit: RunExit }
  /** It was never made here, or is forgotten. */
  | { readonly state: "unknown" };

/** The end of a run. */
export interface RunEvent extends RunId {
  /** How it ended. */
  readonly exit: RunExit;
}

/**
 * What runs instances on a node. Ours are {@link childProcessRuntime}, {@link workerRuntime} and
 * {@link inProcessRuntime}; `workloadRuntimeConformance` of `keelson/testing` tests any other.
 */
export interface WorkloadRuntime {
  /** Whether what it started goes on when the agent dies, and can be found again by `list`. */
  readonly survivesAgent: boolean;
  /** Where the output of runs is, as `<uid>/<restart>/{stdout,stderr}.log`; `undefined`: it is not kept. */
  readonly stateDir: string | undefined;
  /**
   * Starts an instance, or finds the run again if that start was made before, even when it has ended.
   *
   * @throws StartError when it cannot be started; nothing was started then, and the same start may be tried again.
   */
  start(spec: RunSpec): Promise<Run>;
  /** What became of a start. */
  status(run: RunId): Promise<RunStatus>;
  /**
   * Asks the run to end, and ends it after `graceMs`; resolves once it has gone, or is known to be beyond reach. A stop
   * of what has ended, or never was, does nothing.
   */
  stop(run: RunId, graceMs: number): Promise<void>;
  /** Everything that runs now, started by this agent or by one before it. */
  list(): Promise<readonly Run[]>;
  /**
   * The end of every run that was started or found again here, from this call on; ends when the signal aborts. What
   * ended before is told by `status`.
   */
  events(options?: Pick<WaitOptions, "signal">): AsyncIterable<RunEvent>;
  /**
   * Runs a command beside a run, with its environment, and resolves with the exit code.
   *
   * @throws StartError when it cannot be started; the signal's reason, once what was started has been ended.
   */
  exec(run: RunId, command: readonly string[], options?: Pick<WaitOptions, "signal">): Promise<number>;
  /** Drops what is kept of an instance's runs, its output included; with `before`, only of starts before that one. */
  forget(uid: string, options?: { readonly before?: number }): Promise<void>;
}

/** A run as one string, for maps. */
export function runKey({ uid, restart }: RunId): string {
  return `${uid}/${String(restart)}`;
}
