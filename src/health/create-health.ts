import { currentRuntime } from "../core/ambient.js";
import { checkFunction, checkName, checkObject, checkOneOf } from "../core/check.js";
import { checkBoolean } from "../core/check-type.js";
import type { Runtime } from "../core/runtime.js";
import { type FetchHandler, type HttpListener, type ListenOptions, listen } from "../http/index.js";
import { CheckRunner, kindNames } from "./check-runner.js";
import { type HandlerOptions, healthHandler } from "./handler.js";
import {
  type CheckOptions,
  type CheckReport,
  type HealthCheck,
  type HealthKind,
  type HealthReport,
  statusOf,
} from "./health-check.js";
import type { ServiceInfo } from "./health-json.js";

/** What a lifecycle tells of its readiness; `createLifecycle` makes one. */
export interface ReadinessLike {
  /** Whether the process should be sent work. */
  readonly isReady: boolean;
}

/** How {@link createHealth} is set up. */
export interface HealthOptions {
  /** Adds the check `lifecycle`: ready from `markReady` until the shutdown begins, and not a moment longer. */
  readonly lifecycle?: ReadinessLike | undefined;
  /** What `application/health+json` says of the service. */
  readonly service?: ServiceInfo | undefined;
  /** Clock and timers. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/** The checks of one process, and their answers to probes. */
export interface HealthChecks extends Disposable {
  /**
   * Adds a check until what it returns is disposed.
   *
   * @throws TypeError when the name is taken.
   */
  check(name: string, check: HealthCheck, options?: CheckOptions): Disposable;
  /** Runs the checks of a kind, or all of them; each runs once however many ask, and its result is kept for its `ttl`. */
  report(kind?: HealthKind, options?: ReportOptions): Promise<HealthReport>;
  /** A web-standard handler that answers probes; mount it in Hono, Deno, Bun, or through `nodeListener` elsewhere. */
  handler(options?: HandlerOptions): (request: Request) => Promise<Response>;
  /** Serves {@link HealthChecks.handler} on a port of its own. */
  listen(options: ListenOptions & HandlerOptions): Promise<HttpListener>;
}

/** What a report leaves out. */
export interface ReportOptions {
  /** Names of checks that are not run. @defaultValue none */
  readonly exclude?: readonly string[] | undefined;
}

/**
 * Collects health checks and answers probes with what they say.
 *
 * @remarks
 * A probe never starts a check that runs already, nor one whose result is still good, so a storm of probes costs
 * what one does. A change of a check's status is emitted on the runtime's bus as `health:changed`. Disposing it lets
 * go of the checks.
 *
 * @example
 * ```ts
 * import { createHealth } from "keelson/health";
 *
 * const health = createHealth();
 * health.check("database", async () => undefined);
 * health.check("disk", () => ({ status: "warn", message: "91 % full" }), { kinds: ["live", "ready"] });
 * (await health.report("ready")).status // => "warn"
 *
 * const probe = await health.handler()(new Request("http://localhost/readyz?verbose"));
 * await probe.text() // => "[+]database ok\n[+]disk ok\nreadyz check passed\n"
 * ```
 */
export function createHealth(options: HealthOptions = {}): HealthChecks {
  const { lifecycle, service = {}, runtime = currentRuntime() } = options;
  const runners = new Map<string, CheckRunner>();

  const check = (name: string, fn: HealthCheck, checkOptions: CheckOptions = {}): Disposable => {
    checkName("name", name);
    checkFunction("check", fn);
    if (runners.has(name)) throw new TypeError(`Expected \`name\` to be unique, but there is a check "${name}"`);
    const runner = new CheckRunner(runtime, name, fn, checkOptions);
    runners.set(name, runner);
    return {
      [Symbol.dispose]: () => {
        if (runners.get(name) !== runner) return;
        runners.delete(name);
        runner[Symbol.dispose]();
      },
    };
  };
  const reports = (kind: HealthKind | undefined, exclude: readonly string[]): Promise<CheckReport[]> => {
    const wanted = [...runners.values()].filter(
      ({ name, kinds }) => (kind === undefined || kinds.includes(kind)) && !exclude.includes(name),
    );
    return Promise.all(wanted.map((runner) => runner.report()));
  };
  const report = async (kind?: HealthKind, { exclude = [] }: ReportOptions = {}): Promise<HealthReport> => {
    if (kind !== undefined) checkOneOf("kind", kind, kindNames);
    const checks = await reports(kind, exclude);
    return { status: statusOf(checks), checks };
  };
  const names = (kind: HealthKind | undefined): readonly string[] =>
    [...runners.values()].filter(({ kinds }) => kind === undefined || kinds.includes(kind)).map(({ name }) => name);
  const handler = (handlerOptions: HandlerOptions = {}): FetchHandler =>
    healthHandler({ names, report, service, runtime }, handlerOptions);

  if (lifecycle !== undefined) {
    checkObject("lifecycle", lifecycle);
    checkBoolean("lifecycle.isReady", lifecycle.isReady);
    const isReady: HealthCheck = () =>
      lifecycle.isReady ? undefined : { status: "fail", message: "not started yet, or shutting down" };
    check("lifecycle", isReady, { ttl: 0 });
  }
  return {
    check,
    report,
    handler: handler as HealthChecks["handler"],
    async listen(listenOptions) {
      checkObject("options", listenOptions);
      const { port, host, runtime: its = runtime, ...rest } = listenOptions;
      return listen(handler(rest), { port, host, runtime: its });
    },
    [Symbol.dispose]: () => {
      for (const runner of runners.values()) runner[Symbol.dispose]();
      runners.clear();
    },
  };
}
