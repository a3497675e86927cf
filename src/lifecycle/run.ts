import { TimeoutError } from "../core/errors.js";
import { Operation } from "../core/operation.js";
import type { Runtime, TimerHandle } from "../core/runtime.js";
import { ShutdownTimeoutError } from "./errors.js";
import type { HookReport, RegisteredHook } from "./hook.js";
import { type ShutdownPhase, shutdownPhases } from "./phase.js";
import { startOrder } from "./plan.js";
import type { ShutdownReason } from "./reason.js";
import type { TellFailure } from "./tell-failure.js";

/** What a {@link ShutdownRun} is about. */
interface RunOptions {
  readonly runtime: Runtime;
  readonly reason: ShutdownReason;
  readonly timeoutMs: number;
  readonly hooks: ReadonlyMap<string, RegisteredHook>;
  readonly tellFailure: TellFailure;
  readonly onPhase: (phase: ShutdownPhase) => void;
}

/** One passage through the phases, under one deadline. */
export class ShutdownRun {
  readonly reports: HookReport[] = [];
  /** Set once the time was up. */
  timedOut: ShutdownTimeoutError | undefined = undefined;
  /** Whether somebody asked for the shutdown while it ran, be it one of its hooks. */
  isJoined = false;
  readonly #options: RunOptions;
  readonly #running = new Map<RegisteredHook, Operation<unknown>>();
  // Not unref'd: an event loop that ran dry would exit with 0 and hide what hangs.
  readonly #timer: TimerHandle;
  #timeoutMs: number;
  #deadline: number;

  constructor(options: RunOptions) {
    this.#options = options;
    this.#timeoutMs = options.timeoutMs;
    this.#deadline = options.runtime.now() + options.timeoutMs;
    this.#timer = options.runtime.timer(
      options.timeoutMs,
      () => {
        this.#giveUp();
      },
      "shutdown deadline",
    );
  }

  /** Brings the deadline forward to `ms` from now, if it is later. */
  hasten(ms: number): void {
    const deadline = this.#options.runtime.now() + ms;
    if (deadline >= this.#deadline || this.timedOut !== undefined) return;
    this.#deadline = deadline;
    this.#timeoutMs = ms;
    this.#timer.reset(ms);
  }

  async run(): Promise<void> {
    for (const phase of shutdownPhases) {
      this.#options.onPhase(phase);
      await this.#runPhase(phase);
    }
    this.#timer[Symbol.dispose]();
  }

  async #runPhase(phase: ShutdownPhase): Promise<void> {
    const hooks = startOrder(this.#options.hooks.values(), phase);
    const ends = new Map<string, Promise<void>>();
    const run = (hook: RegisteredHook): Promise<void> => {
      const known = ends.get(hook.name);
      if (known !== undefined) return known;
      const before = hooks.filter((other) => hook.after.includes(other.name)).map(run);
      const end = before.length === 0 ? this.#runHook(hook) : Promise.all(before).then(() => this.#runHook(hook));
      ends.set(hook.name, end);
      return end;
    };
    await Promise.all(hooks.map(run));
  }

  async #runHook(hook: RegisteredHook): Promise<void> {
    const { runtime, reason, tellFailure } = this.#options;
    const { name, phase, timeoutMs } = hook;
    const begun = runtime.now();
    const report = (rest: Pick<HookReport, "outcome"> & { readonly error?: unknown }): void => {
      this.reports.push({ name, phase, durationMs: runtime.now() - begun, ...rest });
    };
    if (this.timedOut !== undefined) {
      report({ outcome: "skipped" });
      return;
    }
    const task = `shutdown hook "${name}"`;
    const deadline = this.#deadline;
    const operation = new Operation(runtime, task, (context) =>
      hook.run({
        reason,
        deadline,
        get signal() {
          return context.signal;
        },
      }),
    );
    this.#running.set(hook, operation);
    const giveUp = (): void => {
      operation.giveUp(new TimeoutError(timeoutMs, this.#suspicion()));
    };
    using _timer = runtime.timer(timeoutMs, giveUp, task);
    try {
      await operation.promise;
      report({ outcome: "ok" });
    } catch (error) {
      report({ outcome: operation.isGivenUp ? "timedOut" : "failed", error });
      // The one about the whole shutdown is reported once, not for each hook that it ended.
      if (error !== this.timedOut) tellFailure(error, task, { hook: name, phase });
    } finally {
      this.#running.delete(hook);
    }
  }

  #giveUp(): void {
    const pending = [...this.#running.keys()].map((hook) => hook.name);
    this.timedOut = new ShutdownTimeoutError({ timeoutMs: this.#timeoutMs, pending }, this.#suspicion());
    for (const operation of this.#running.values()) operation.giveUp(this.timedOut);
  }

  /** What may be the reason why a hook did not end. */
  #suspicion(): ErrorOptions | undefined {
    if (!this.isJoined) return undefined;
    return { cause: new Error("`shutdown()` was called while hooks ran: a hook that awaits it waits for itself") };
  }
}
