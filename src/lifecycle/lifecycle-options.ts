import type { Duration } from "../core/duration.js";
import type { Logger } from "../core/logger.js";
import type { Runtime } from "../core/runtime.js";
import type { HttpServerLike } from "../http/index.js";
import type { HookOptions, ShutdownHook, ShutdownReport } from "./hook.js";
import type { Notifier } from "./notifier.js";
import type { ShutdownPhase } from "./phase.js";
import type { ProcessLike } from "./process.js";
import type { SignalName } from "./reason.js";

/** How a lifecycle ends its process. */
export interface LifecycleOptions {
  /** Signals that begin the shutdown. @defaultValue `["SIGTERM", "SIGINT"]` */
  readonly signals?: readonly SignalName[] | undefined;
  /**
   * How long the whole shutdown may take; then it exits with 1 and names the hooks that still ran.
   *
   * @remarks Stay below what the platform allows: Kubernetes kills after 30 s, systemd after 90 s, unless configured.
   * @defaultValue `"25s"`
   */
  readonly timeout?: Duration | undefined;
  /** The same after an error that nobody caught. @defaultValue `"5s"` */
  readonly crashTimeout?: Duration | undefined;
  /**
   * How long to go on serving once no longer ready, so that load balancers notice; `"5s"` is usual on Kubernetes.
   *
   * @remarks It is skipped after an error, and where {@link Lifecycle.markReady} was not called. @defaultValue `0`
   */
  readonly readinessDelay?: Duration | undefined;
  /** Whether an uncaught exception, an unhandled rejection or a consumer that fails shuts down. @defaultValue `true` */
  readonly uncaught?: boolean | undefined;
  /** Whether to exit when the shutdown has ended; disposing never exits. @defaultValue `true` */
  readonly exit?: boolean | undefined;
  /** Shuts down when it aborts. */
  readonly parent?: AbortSignal | undefined;
  /** Tells a service manager, such as systemd, when the process is ready and when it stops. */
  readonly notifier?: Notifier | undefined;
  /** Where to write about it, each hook that fails included. @defaultValue nowhere; failures go to the runtime's `report` */
  readonly logger?: Logger | undefined;
  /** The process to end. @defaultValue this one */
  readonly process?: ProcessLike | undefined;
  /** Clock and timers. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/** Something that can stop taking work, such as the receiver of a channel. */
export interface Closable {
  /** Takes nothing new; what is there can still be read. */
  close(): unknown;
  /** How many messages wait to be read. */
  readonly length?: number;
}

/** How {@link Lifecycle.server} ends a server. */
export interface ServerOptions {
  /** What it is called in reports. @defaultValue `"http server"` */
  readonly name?: string | undefined;
  /** How long requests in flight may take; then their connections are cut. @defaultValue what is left of the whole */
  readonly timeout?: Duration | undefined;
  /**
   * Whether its responses last until what they send is over, as streams of events do. No {@link Lifecycle.drain} waits
   * for such a server; it is waited for itself.
   *
   * @defaultValue `false`
   */
  readonly streams?: boolean | undefined;
}

/** The end of a process, from the first signal to the exit. */
export interface Lifecycle extends AsyncDisposable {
  /** Aborts when a shutdown begins, with a `ShutdownError` whose `reason` says why. */
  readonly signal: AbortSignal;
  /** Whether the process should be sent work: from {@link Lifecycle.markReady} until a shutdown begins. */
  readonly isReady: boolean;
  /** The step in which a shutdown is; nothing before. */
  readonly phase: ShutdownPhase | undefined;
  /** Resolves when a shutdown has ended, so that no hook may wait for it; never rejects. */
  readonly done: Promise<ShutdownReport>;
  /** Says that the process has started and can be sent work. */
  markReady(): void;
  /**
   * Adds something to be done at shutdown, until what it returns is disposed.
   *
   * @throws TypeError when the name is taken, or `after` makes a circle or points to a later phase.
   * @throws ShutdownError when its phase has begun.
   */
  onShutdown(name: string, hook: ShutdownHook, options?: HookOptions): Disposable;
  /** Has the shutdown wait for `promise` in its drain phase, and returns it; its failure stays the caller's. */
  track<P extends PromiseLike<unknown>>(promise: P): P;
  /**
   * Closes `channel` in the drain phase, and waits for `consumer`, the loop that reads it to its end.
   *
   * @remarks
   * It is closed when the requests of every {@link Lifecycle.server} have ended, as they may still send, and after the
   * hooks that `after` names, such as the drain of the channel before it in a pipeline. A channel that requests wait
   * for the end of, such as one of a stream of events, is closed in a hook of `stopIntake` instead.
   *
   * The consumer's failure becomes the lifecycle's: it is reported with what is left in the channel and, unless
   * `uncaught` is false, shuts down at once, since nobody reads any more. One that ends while messages are left fails
   * the drain with a `DrainError`. A loop that is to outlive a message catches what the message does.
   */
  drain(
    name: string,
    channel: Closable,
    consumer: PromiseLike<unknown>,
    options?: Pick<HookOptions, "after">,
  ): Disposable;
  /**
   * Ends an HTTP server without losing requests.
   *
   * @remarks
   * It goes on accepting while no longer ready, with `Connection: close` on each response; stops listening with the
   * rest of the intake; and is drained when the last response has ended. Upgraded sockets are not its business.
   */
  server(server: HttpServerLike, options?: ServerOptions): Disposable;
  /**
   * Shuts down; further calls join the shutdown that runs.
   *
   * @remarks A hook must not wait for it, which would be waiting for itself until its time is over.
   *
   * @param message - Why, for the reports.
   */
  shutdown(message?: string): Promise<ShutdownReport>;
}
