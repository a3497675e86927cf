/** What a {@link WorkloadRuntime} starts. */
export interface RunSpec {
  /** The instance's uid. */
  readonly uid: string;
  /** Which start of the instance this is, from 0; each is made at most once. */
  readonly restart: number;
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** Its environment variables, beside the agent's own. */
  readonly env: Readonly<Record<string, string>>;
  /** Its working directory. */
  readonly cwd: string;
}

/** Something that was started. */
export interface Run {
  /** The instance's uid. */
  readonly uid: string;
  /** Which start of the instance this is. */
  readonly restart: number;
  /** The process, where there is one. */
  readonly pid: number;
}

/** How a run ended: by itself with a code, or by a signal. */
export interface RunExit {
  /** Its exit code, unless a signal ended it. */
  readonly code?: number;
  /** The signal that ended it. */
  readonly signal?: string;
}

/** What runs instances on a node. */
export interface WorkloadRuntime {
  /** Whether what it started goes on when the agent dies, and can be found again by `list`. */
  readonly survivesAgent: boolean;
  /**
   * Starts an instance, or finds the run again if that start was made before.
   *
   * @throws StartError when it cannot be started.
   */
  start(spec: RunSpec): Promise<Run>;
  /** Resolves once the run has ended. */
  exited(run: Run): Promise<RunExit>;
  /** Asks the run to end, and ends it after `graceMs`; resolves once it has gone. */
  stop(run: Run, graceMs: number): Promise<void>;
  /** Everything that runs now, started by this agent or by one before it. */
  list(): Promise<readonly Run[]>;
}
