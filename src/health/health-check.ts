import type { Duration } from "../core/duration.js";
import type { Health, HealthStatus } from "../core/health.js";

/**
 * What a check speaks for: `live` that the process must not be restarted, `ready` that it can be sent work, `started`
 * that it has come up.
 */
export type HealthKind = "live" | "ready" | "started";

/** What a check is given. */
export interface CheckContext {
  /** Aborts at the check's timeout; made when first read. */
  readonly signal: AbortSignal;
}

/**
 * Says how something is: with a `Health`, or with nothing when all is well. What it throws makes it `fail`.
 *
 * @remarks One that has a `Symbol.dispose`, as `eventLoopLag` has, is disposed when the check is taken back.
 */
export type HealthCheck = ((context: CheckContext) => CheckAnswer | PromiseLike<CheckAnswer>) & Partial<Disposable>;

/** What a check may answer. */
// eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- so that a function that only may throw is one
export type CheckAnswer = Health | undefined | void;

/** How a check is run, and what follows from it. */
export interface CheckOptions {
  /**
   * What it speaks for. Liveness only if asked: a dependency that is down is no reason to be restarted. @defaultValue
   * `["ready"]`
   */
  readonly kinds?: readonly HealthKind[] | undefined;
  /** How long it may take; then it fails. @defaultValue `"1s"` */
  readonly timeout?: Duration | undefined;
  /** How long its result is good for further probes. @defaultValue `"1s"` */
  readonly ttl?: Duration | undefined;
  /** Whether the whole fails with it; otherwise it is only a warning. @defaultValue `true` */
  readonly critical?: boolean | undefined;
  /** How long after its registration failures are only warnings, unless it has passed before. @defaultValue `0` */
  readonly startupGrace?: Duration | undefined;
  /** How many failures in a row make it fail; fewer are only warnings. @defaultValue `1` */
  readonly failureThreshold?: number | undefined;
}

/** What became of a check when it last ran. */
export interface CheckReport extends Health {
  /** The check's name. */
  readonly name: string;
  /** What it speaks for. */
  readonly kinds: readonly HealthKind[];
  /** Whether the whole fails with it. */
  readonly critical: boolean;
  /** When it ended, in milliseconds since the epoch. */
  readonly at: number;
  /** How long it took, in milliseconds. */
  readonly durationMs: number;
}

/** What several checks come to together. */
export interface HealthReport {
  /** `fail` when a critical check fails, `warn` when any other does or warns. */
  readonly status: HealthStatus;
  /** Each of them, in the order of registration. */
  readonly checks: readonly CheckReport[];
}

/** What `checks` come to together. */
export function statusOf(checks: readonly CheckReport[]): HealthStatus {
  if (checks.some(({ status, critical }) => critical && status === "fail")) return "fail";
  return checks.some(({ status }) => status !== "pass") ? "warn" : "pass";
}
