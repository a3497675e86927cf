import { checkInteger, checkOneOf } from "../core/check.js";
import { toMs } from "../core/duration.js";
import { TimeoutError } from "../core/errors.js";
import type { Health } from "../core/health.js";
import { Operation } from "../core/operation.js";
import type { Runtime } from "../core/runtime.js";
import type { CheckContext, CheckOptions, CheckReport, HealthCheck, HealthKind } from "./health-check.js";

/** What a probe may ask for. */
export const kindNames: readonly HealthKind[] = ["live", "ready", "started"];
const statuses = ["pass", "warn", "fail"];

/** Runs one check: once for all who ask at the same time, and not again while its result is good. */
export class CheckRunner {
  readonly name: string;
  readonly kinds: readonly HealthKind[];
  readonly #runtime: Runtime;
  readonly #check: HealthCheck;
  readonly #critical: boolean;
  readonly #timeoutMs: number;
  readonly #ttlMs: number;
  readonly #failureThreshold: number;
  readonly #graceEnds: number;
  #running: Promise<CheckReport> | undefined = undefined;
  #last: { readonly report: CheckReport; readonly until: number } | undefined = undefined;
  /** Whether a call that was given up has not come back. */
  #hangs = false;
  #failures = 0;
  #hasPassed = false;

  constructor(runtime: Runtime, name: string, check: HealthCheck, options: CheckOptions) {
    const { kinds = ["ready"], critical = true, failureThreshold = 1 } = options;
    if (kinds.length === 0) throw new TypeError("Expected `kinds` to name at least one kind, got an empty array");
    for (const kind of kinds) checkOneOf("kinds", kind, kindNames);
    checkInteger("failureThreshold", failureThreshold, 1);
    this.name = name;
    this.kinds = [...kinds];
    this.#runtime = runtime;
    this.#check = check;
    this.#critical = critical;
    this.#timeoutMs = toMs(options.timeout ?? "1s", "timeout");
    this.#ttlMs = toMs(options.ttl ?? "1s", "ttl");
    this.#failureThreshold = failureThreshold;
    this.#graceEnds = runtime.now() + toMs(options.startupGrace ?? 0, "startupGrace");
  }

  /** How it is now, or was so little ago that it counts as now. */
  report(): Promise<CheckReport> {
    if (this.#running !== undefined) return this.#running;
    if (this.#last !== undefined && this.#runtime.now() < this.#last.until) return Promise.resolve(this.#last.report);
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  [Symbol.dispose](): void {
    this.#check[Symbol.dispose]?.();
  }

  async #run(): Promise<CheckReport> {
    const begun = this.#runtime.now();
    const health = this.#weighed(await this.#outcome());
    const ended = this.#runtime.now();
    const { name, kinds } = this;
    const report: CheckReport = {
      ...health,
      name,
      kinds,
      critical: this.#critical,
      at: this.#runtime.wallNow(),
      durationMs: ended - begun,
    };
    const before = this.#last?.report.status;
    this.#last = { report, until: ended + this.#ttlMs };
    if (before !== report.status) {
      this.#runtime.signals.emit("health:changed", { check: name, from: before, to: report.status });
    }
    return report;
  }

  async #outcome(): Promise<Health> {
    // One that ignores its signal would otherwise be started again by each probe, and pile up.
    if (this.#hangs) return { status: "fail", message: "an earlier run of it has not come back" };
    const operation = new Operation(this.#runtime, `health check "${this.name}"`, (context) => this.#call(context));
    const expire = (): void => {
      this.#hangs = true;
      operation.giveUp(new TimeoutError(this.#timeoutMs));
    };
    using _timer = this.#runtime.timer(this.#timeoutMs, expire, "health check");
    try {
      return checked(await operation.promise);
    } catch (error) {
      return { status: "fail", message: error instanceof Error ? error.message : String(error) };
    }
  }

  async #call(context: CheckContext): Promise<Health | undefined> {
    try {
      return (await this.#check(context)) ?? undefined;
    } finally {
      this.#hangs = false;
    }
  }

  /** A failure that does not count yet is a warning. */
  #weighed(health: Health): Health {
    if (health.status !== "fail") {
      this.#failures = 0;
      this.#hasPassed = true;
      return health;
    }
    this.#failures += 1;
    const isStarting = !this.#hasPassed && this.#runtime.now() < this.#graceEnds;
    return isStarting || this.#failures < this.#failureThreshold ? { ...health, status: "warn" } : health;
  }
}

function checked(health: Health | undefined): Health {
  if (health === undefined) return { status: "pass" };
  checkOneOf("status", health.status, statuses);
  return health;
}
