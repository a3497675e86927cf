import type { Duration } from "../core/duration.js";
import type { ShutdownPhase } from "./phase.js";
import type { ShutdownReason } from "./reason.js";

/** What a shutdown hook is told. */
export interface ShutdownContext {
  /** Why the process shuts down. */
  readonly reason: ShutdownReason;
  /** When the whole shutdown is given up, on the runtime's monotonic clock. */
  readonly deadline: number;
  /** Aborts when the hook is given up, by its own timeout or the shutdown's; made when first read. */
  readonly signal: AbortSignal;
}

/** Something to be done at shutdown. */
export type ShutdownHook = (context: ShutdownContext) => unknown;

/** When a hook runs, and for how long. */
export interface HookOptions {
  /** The step in which it runs. @defaultValue `"close"` */
  readonly phase?: ShutdownPhase | undefined;
  /** Names of hooks of the same or an earlier phase that must have ended before; unknown ones are not waited for. */
  readonly after?: readonly string[] | undefined;
  /** Among hooks that can start together, the higher starts first. @defaultValue `0` */
  readonly priority?: number | undefined;
  /** How long it may take before the shutdown goes on without it. @defaultValue what is left of the whole */
  readonly timeout?: Duration | undefined;
}

/** A hook with its place. */
export interface RegisteredHook {
  readonly name: string;
  readonly run: ShutdownHook;
  readonly phase: ShutdownPhase;
  readonly after: readonly string[];
  readonly priority: number;
  readonly timeoutMs: number;
}

/** How a hook ended; `"skipped"` when the shutdown's time was up before it could start. */
export type HookOutcome = "ok" | "failed" | "timedOut" | "skipped";

/** What became of one hook. */
export interface HookReport {
  /** Its name. */
  readonly name: string;
  /** The step in which it ran. */
  readonly phase: ShutdownPhase;
  /** How it ended. */
  readonly outcome: HookOutcome;
  /** How long it took, in milliseconds. */
  readonly durationMs: number;
  /** What it failed with, if it did. */
  readonly error?: unknown;
}

/** What became of a shutdown. */
export interface ShutdownReport {
  /** Why it began. */
  readonly reason: ShutdownReason;
  /** `"clean"` when every hook succeeded, `"timedOut"` when the time was up, `"failed"` otherwise. */
  readonly outcome: "clean" | "failed" | "timedOut";
  /** The exit code that goes with it: 0 for a clean shutdown that no error began, 1 otherwise. */
  readonly exitCode: 0 | 1;
  /** How long it took, in milliseconds. */
  readonly durationMs: number;
  /** What became of each hook, in the order in which they ended. */
  readonly hooks: readonly HookReport[];
}
