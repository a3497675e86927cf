import { type AbortTarget, onAbort } from "../core/abort-hub.js";
import { currentRuntime } from "../core/ambient.js";
import { checkFunction, checkMethod, checkName, checkOneOf } from "../core/check.js";
import { deferred } from "../core/deferred.js";
import { toMs } from "../core/duration.js";
import { type Logger, silentLogger } from "../core/logger.js";
import type { Runtime } from "../core/runtime.js";
import { HttpDrain, type HttpServerLike } from "../http/index.js";
import { TaskTracker } from "../tasks/index.js";
import { checkDrain, consumerFailed, drained } from "./drain.js";
import { ShutdownError } from "./errors.js";
import type { HookOptions, RegisteredHook, ShutdownHook, ShutdownReport } from "./hook.js";
import type { Closable, Lifecycle, LifecycleOptions, ServerOptions } from "./lifecycle-options.js";
import { type ShutdownPhase, shutdownPhases } from "./phase.js";
import { checkStartable } from "./plan.js";
import { type ProcessLike, checkSignals, signalExitCode, thisProcess } from "./process.js";
import { type CrashOrigin, type ShutdownReason, type SignalName, describeReason } from "./reason.js";
import { ShutdownRun } from "./run.js";
import { type TellFailure, failureTeller } from "./tell-failure.js";
import { startWatchdog, tell } from "./watchdog.js";

/**
 * Makes the one object that ends this process well: on a signal, on an error that nobody caught, or on request.
 *
 * @remarks
 * Importing installs nothing; this does: listeners for `signals`, and for errors unless `uncaught` is false. They are
 * removed when the shutdown has ended.
 *
 * A shutdown goes through {@link shutdownPhases} in order. Hooks of a phase run in parallel, but after those that they
 * name; one that fails or takes too long stops neither the others nor the shutdown. Then the process exits: with 0, or
 * with 1 when a hook failed, an error began it, or `timeout` passed. A second signal exits at once, with 128 and the
 * signal's number.
 *
 * @example
 * ```ts
 * import { createLifecycle } from "keelson/lifecycle";
 *
 * const order: string[] = [];
 * const lifecycle = createLifecycle({ timeout: "25s", exit: false });
 * lifecycle.onShutdown("database", () => order.push("database"), { phase: "close" });
 * lifecycle.onShutdown("lease", () => order.push("lease"), { phase: "release" });
 * lifecycle.onShutdown("cache", () => order.push("cache"), { phase: "close", after: ["database"] });
 * const report = await lifecycle.shutdown();
 * order // => ["lease", "database", "cache"]
 * report.outcome // => "clean"
 * ```
 */
export function createLifecycle(options: LifecycleOptions = {}): Lifecycle {
  return new ProcessLifecycle(options);
}

class ProcessLifecycle implements Lifecycle, AbortTarget {
  readonly #runtime: Runtime;
  readonly #process: ProcessLike;
  readonly #logger: Logger;
  readonly #tellFailure: TellFailure;
  readonly #options: LifecycleOptions;
  readonly #timeoutMs: number;
  readonly #crashTimeoutMs: number;
  readonly #readinessDelayMs: number;
  readonly #controller = new AbortController();
  readonly #hooks = new Map<string, RegisteredHook>();
  readonly #done = deferred<ShutdownReport>();
  readonly #tracker: TaskTracker;
  readonly #uninstall: (() => void)[] = [];
  /** Of each server that no longer listens: resolves when its last request has ended. */
  readonly #serving: Promise<unknown>[] = [];
  #watchdog: Disposable | undefined = undefined;
  #isReady = false;
  #phase: ShutdownPhase | undefined = undefined;
  #run: ShutdownRun | undefined = undefined;
  #failed = false;
  #exits: boolean;

  constructor(options: LifecycleOptions) {
    const { signals = ["SIGTERM", "SIGINT"], uncaught = true, parent } = options;
    this.#options = options;
    this.#runtime = options.runtime ?? currentRuntime();
    this.#process = options.process ?? thisProcess;
    this.#logger = options.logger ?? silentLogger;
    this.#tellFailure = failureTeller(this.#runtime, options.logger);
    this.#timeoutMs = toMs(options.timeout ?? "25s", "timeout");
    this.#crashTimeoutMs = toMs(options.crashTimeout ?? "5s", "crashTimeout");
    this.#readinessDelayMs = toMs(options.readinessDelay ?? 0, "readinessDelay");
    this.#exits = options.exit ?? true;
    this.#tracker = new TaskTracker({ runtime: this.#runtime });
    checkSignals(signals);
    for (const signal of signals) {
      this.#listen(signal, () => {
        this.#onSignal(signal);
      });
    }
    for (const origin of uncaught ? (["uncaughtException", "unhandledRejection"] as const) : []) {
      this.#listen(origin, (error) => {
        this.#onError(error, origin);
      });
    }
    if (parent?.aborted === true) this.aborted(parent.reason);
    else if (parent !== undefined) {
      const registration = onAbort(parent, this);
      this.#uninstall.push(() => {
        registration.unlink();
      });
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get done(): Promise<ShutdownReport> {
    return this.#done.promise;
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  get phase(): ShutdownPhase | undefined {
    return this.#phase;
  }

  markReady(): void {
    if (this.#isReady || this.#run !== undefined) return;
    this.#isReady = true;
    tell(this.#tellFailure, this.#options.notifier, "READY=1");
    this.#watchdog = startWatchdog(this.#runtime, this.#options.notifier, this.#tellFailure);
  }

  onShutdown(name: string, run: ShutdownHook, options: HookOptions = {}): Disposable {
    const { phase = "close", after = [], priority = 0, timeout = Number.POSITIVE_INFINITY } = options;
    checkName("name", name);
    checkFunction("hook", run);
    checkOneOf("phase", phase, shutdownPhases);
    if (this.#hooks.has(name)) throw new TypeError(`Expected \`name\` to be unique, but there is a hook "${name}"`);
    if (this.#hasBegun(phase)) throw this.signal.reason;
    const hook = { name, run, phase, after, priority, timeoutMs: toMs(timeout, "timeout") };
    checkStartable(hook, this.#hooks);
    this.#hooks.set(name, hook);
    return {
      [Symbol.dispose]: () => {
        if (this.#hooks.get(name) === hook) this.#hooks.delete(name);
      },
    };
  }

  track<P extends PromiseLike<unknown>>(promise: P): P {
    void this.#tracker.track(promise);
    const name = "tracked work";
    if (!this.#hooks.has(name) && !this.#hasBegun("drain")) {
      this.onShutdown(name, ({ signal }) => this.#tracker.wait({ signal }), { phase: "drain" });
    }
    return promise;
  }

  drain(
    name: string,
    channel: Closable,
    consumer: PromiseLike<unknown>,
    { after }: Pick<HookOptions, "after"> = {},
  ): Disposable {
    checkDrain(channel, consumer);
    const finish = async (): Promise<void> => {
      await Promise.all(this.#serving); // requests under way may still send
      await drained(name, channel, consumer);
    };
    const hook = this.onShutdown(name, finish, { phase: "drain", after });
    consumer.then(undefined, (cause: unknown) => {
      if (this.#run !== undefined) return; // the hook tells
      const error = consumerFailed(name, channel, cause);
      if (this.#options.uncaught === false) this.#tellFailure(error, "consumer", { drain: name });
      else this.#onError(error, "consumer");
    });
    return hook;
  }

  server(server: HttpServerLike, { name = "http server", timeout, streams = false }: ServerOptions = {}): Disposable {
    checkMethod("server", server, "closeIdleConnections");
    const drain = new HttpDrain(server);
    const ended = deferred<undefined>();
    let closed: Promise<void> | undefined;
    const retire = (): void => {
      drain.retire();
    };
    const stop = (): void => {
      closed = drain.close();
      closed.catch(() => undefined); // awaited in the next phase, or not at all
      if (!streams) this.#serving.push(ended.promise);
    };
    const end = (): void => {
      ended.resolve(undefined);
    };
    const wait = ({ signal }: { readonly signal: AbortSignal }): Promise<void> | undefined => {
      signal.addEventListener("abort", () => {
        drain.abort();
        end(); // sockets that were upgraded may stay
      });
      return closed?.finally(end);
    };
    const hooks = [
      this.onShutdown(`${name} retirement`, retire, { phase: "notReady" }),
      this.onShutdown(`${name} intake`, stop, { phase: "stopIntake" }),
      this.onShutdown(name, wait, { phase: "drain", timeout }),
    ];
    return both(drain, ...hooks, { [Symbol.dispose]: end });
  }

  shutdown(message?: string): Promise<ShutdownReport> {
    if (this.#run !== undefined) this.#run.isJoined = true;
    return this.#begin(message === undefined ? { kind: "manual" } : { kind: "manual", message });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#run === undefined) this.#exits = false;
    await this.shutdown("disposed");
  }

  aborted(reason: unknown): void {
    void this.#begin({ kind: "parent", reason });
  }

  #listen(event: SignalName | "uncaughtException" | "unhandledRejection", listener: (argument: unknown) => void): void {
    this.#process.on(event, listener);
    this.#uninstall.push(() => {
      this.#process.off(event, listener);
    });
  }

  #onSignal(signal: SignalName): void {
    if (this.#run === undefined) void this.#begin({ kind: "signal", signal });
    else this.#process.exit(signalExitCode(signal));
  }

  #onError(error: unknown, origin: CrashOrigin): void {
    // A promise that nobody awaits and that heard of the shutdown is no crash.
    if (this.signal.aborted && error === this.signal.reason) return;
    this.#failed = true;
    this.#tellFailure(error, origin);
    if (this.#run === undefined) void this.#begin({ kind: "error", error, origin });
    else this.#run.hasten(this.#crashTimeoutMs);
  }

  #begin(reason: ShutdownReason): Promise<ShutdownReport> {
    if (this.#run !== undefined) return this.done;
    const begun = this.#runtime.now();
    const isCrash = reason.kind === "error";
    if (this.#isReady && !isCrash && this.#readinessDelayMs > 0) {
      const delay = ({ signal }: { readonly signal: AbortSignal }): Promise<void> =>
        this.#runtime.sleep(this.#readinessDelayMs, { signal });
      this.onShutdown("readiness delay", delay, { phase: "notReady" });
    }
    const run = new ShutdownRun({
      runtime: this.#runtime,
      reason,
      timeoutMs: isCrash ? Math.min(this.#crashTimeoutMs, this.#timeoutMs) : this.#timeoutMs,
      hooks: this.#hooks,
      tellFailure: this.#tellFailure,
      onPhase: (phase) => {
        this.#enter(phase);
      },
    });
    this.#run = run;
    this.#isReady = false;
    this.#tracker.close();
    this.#logger.info({ reason: describeReason(reason) }, "shutting down");
    tell(this.#tellFailure, this.#options.notifier, "STOPPING=1");
    this.#controller.abort(new ShutdownError(reason));
    void run
      .run()
      .catch((error: unknown) => {
        this.#failed = true;
        this.#runtime.report(error, { task: "shutdown" }); // it is the logger, or who listens, that failed
      })
      .then(() => this.#end(run, reason, begun));
    return this.done;
  }

  #hasBegun(phase: ShutdownPhase): boolean {
    return this.#phase !== undefined && shutdownPhases.indexOf(phase) <= shutdownPhases.indexOf(this.#phase);
  }

  #enter(phase: ShutdownPhase): void {
    this.#phase = phase;
    this.#logger.debug({ phase }, "shutdown phase entered");
    this.#runtime.signals.emit("lifecycle:phaseEntered", { phase });
  }

  async #end(run: ShutdownRun, reason: ShutdownReason, begun: number): Promise<void> {
    const allOk = run.reports.every((hook) => hook.outcome === "ok");
    const outcome = run.timedOut !== undefined ? "timedOut" : allOk ? "clean" : "failed";
    const exitCode = outcome === "clean" && !this.#failed ? 0 : 1;
    const durationMs = this.#runtime.now() - begun;
    if (run.timedOut !== undefined) this.#tellFailure(run.timedOut, "shutdown");
    this.#logger.info({ outcome, exitCode, durationMs }, "shut down");
    this.#runtime.signals.emit("lifecycle:stopped", { outcome, exitCode, durationMs });
    this.#watchdog?.[Symbol.dispose]();
    this.#done.resolve({ reason, outcome, exitCode, durationMs, hooks: run.reports });
    // Whoever awaits `done` has a turn to say so.
    await this.#runtime.yieldNow();
    for (const uninstall of this.#uninstall) uninstall();
    if (this.#exits) this.#process.exit(exitCode);
  }
}

function both(...parts: readonly Disposable[]): Disposable {
  return {
    [Symbol.dispose]: () => {
      for (const part of parts) part[Symbol.dispose]();
    },
  };
}
