/**
 * CPU-bound work on worker threads, through the optional peer `piscina`.
 *
 * @module tasks/worker
 */
import { currentRuntime } from "../core/ambient.js";
import { checkInteger, checkName, checkObject } from "../core/check.js";
import { type Duration, toMs } from "../core/duration.js";
import type { Runtime } from "../core/runtime.js";
import type { WaitOptions } from "../core/wait.js";
import { timeout } from "../time/index.js";
import { TaskTracker } from "./task-tracker.js";

/** The part of `piscina`'s class that a {@link workerPool} uses. */
export type PiscinaClass = new (options: {
  readonly filename: string;
  readonly minThreads?: number;
  readonly maxThreads?: number;
  readonly idleTimeout?: number;
}) => PiscinaPool;

/** The part of a `piscina` that a {@link workerPool} uses. */
export interface PiscinaPool {
  /** Calls the function `name` of the pool's module on a thread. */
  run(
    input: unknown,
    options: { readonly name: string; readonly signal: AbortSignal; readonly transferList?: readonly never[] },
  ): Promise<unknown>;
  /** Lets running calls end. */
  close(): Promise<void>;
  /** Ends the threads at once. */
  destroy(): Promise<void>;
  /** The threads that it has. */
  readonly threads?: { readonly length: number };
  /** Listens to what fails on a thread outside of any call. */
  on?(event: "error", listener: (error: unknown) => void): unknown;
}

/** How a {@link workerPool} is made. */
export interface WorkerPoolOptions {
  /** The module whose functions run on the threads, as a file URL; each takes one argument. */
  readonly module: URL | string;
  /** How many threads there are at most. @defaultValue one and a half for each core */
  readonly threads?: number | undefined;
  /** How long a thread that has nothing to do is kept. @defaultValue `"30s"` */
  readonly idle?: Duration | undefined;
  /** The class to build on, where it is not to be imported. @defaultValue that of the package `piscina` */
  readonly piscina?: PiscinaClass | undefined;
  /** Deadlines; virtual time stands still while a call runs. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/** The functions of a module that can run on a thread: those of at most one argument. */
export type WorkerFunctionName<M> = {
  [K in keyof M]: M[K] extends (input: never) => unknown ? K : never;
}[keyof M] &
  string;

/** Threads that run the functions of one module. */
export interface WorkerPool<M> extends AsyncDisposable {
  /**
   * Calls the function `name` with `input` on a thread; both ways values are copied as `structuredClone` does.
   *
   * @remarks **Cancel safety.** An abort or a deadline rejects at once and ends the thread on which the call ran.
   * @throws Whatever the function throws; the signal's reason, unchanged; TimeoutError; TypeError once closed.
   */
  run<K extends WorkerFunctionName<M>>(
    name: K,
    input: M[K] extends (input: infer I) => unknown ? I : never,
    options?: WaitOptions,
  ): Promise<M[K] extends (input: never) => infer R ? Awaited<R> : never>;
  /** Takes no more calls, lets those that run end, and ends the threads. */
  close(): Promise<void>;
  /** Takes no more calls and ends the threads at once; calls that run reject. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Makes a pool of worker threads for `options.module`; threads start with the first call.
 *
 * @typeParam M - The type of the module, as in `typeof import("./hash.js")`.
 * @throws TypeError when `module` is neither a URL nor a string; RangeError when `threads` is not an integer of at
 * least 1. The first call rejects when `piscina` is missing.
 *
 * @example
 * ```ts no-run
 * import { workerPool } from "keelson/tasks/worker";
 *
 * interface Hashing { sha256(text: string): string }
 *
 * await using pool = workerPool<Hashing>({ module: new URL("./hashing.js", import.meta.url), threads: 2 });
 * const digest: string = await pool.run("sha256", "a long text", { timeout: "10s" });
 * console.log(digest);
 * ```
 */
export function workerPool<M extends object>(options: WorkerPoolOptions): WorkerPool<M> {
  checkObject("options", options);
  const { module } = options as { readonly module: unknown };
  if (!(module instanceof URL)) checkName("module", module);
  if (options.threads !== undefined) checkInteger("threads", options.threads, 1);
  toMs(options.idle ?? 0, "idle");
  return new ThreadPool<M>(options);
}

class ThreadPool<M> implements WorkerPool<M> {
  readonly #options: WorkerPoolOptions;
  readonly #runtime: Runtime;
  /** Waited for here, since piscina's own `close` gives up after 30 s, and never hears of a thread that was ended. */
  readonly #calls: TaskTracker;
  #pool: Promise<PiscinaPool> | undefined = undefined;
  #isClosed = false;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#runtime = options.runtime ?? currentRuntime();
    this.#calls = new TaskTracker({ runtime: this.#runtime });
  }

  // What comes back from a thread has the type that its module says; nothing can check that here.
  async run(name: string, input: unknown, { signal, timeout: limit }: WaitOptions = {}): Promise<never> {
    if (this.#isClosed) throw new TypeError("Expected the worker pool to be open, but it was closed");
    const call = async (context: { readonly signal: AbortSignal }): Promise<unknown> => {
      const opening = (this.#pool ??= this.#open());
      const pool = await opening;
      context.signal.throwIfAborted();
      try {
        return await this.#runtime.real(() => pool.run(input, { name, signal: context.signal }));
      } finally {
        this.#dropIfDead(opening, pool);
      }
    };
    const tracked = (context: { readonly signal: AbortSignal }): Promise<unknown> => this.#calls.track(call(context));
    return (await timeout(limit ?? Number.POSITIVE_INFINITY, tracked, { signal, runtime: this.#runtime })) as never;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#calls.close();
    await this.#calls.wait();
    await (await this.#opened())?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    const pool = await this.#opened();
    this.#pool = undefined;
    await pool?.destroy();
  }

  #open(): Promise<PiscinaPool> {
    const opening = open(this.#options).then((pool) => {
      // An "error" event that nobody hears ends the process.
      pool.on?.("error", (error) => {
        this.#runtime.report(error, { task: "workerPool" });
        this.#dropIfDead(opening, pool);
      });
      return pool;
    });
    return opening;
  }

  /** Where threads fail to start piscina gives up on them, and what is queued would wait for ever. */
  #dropIfDead(opening: Promise<PiscinaPool>, pool: PiscinaPool): void {
    if (this.#pool !== opening || pool.threads?.length !== 0) return;
    this.#pool = undefined;
    void pool.destroy();
  }

  /** What there is to end; that a pool could not be opened, its calls have told. */
  async #opened(): Promise<PiscinaPool | undefined> {
    return this.#pool?.catch(() => undefined);
  }
}

async function open({ module, threads, idle = "30s", piscina }: WorkerPoolOptions): Promise<PiscinaPool> {
  const Piscina = piscina ?? (await importPiscina());
  const filename = typeof module === "string" ? module : module.href;
  const limits = threads === undefined ? {} : { minThreads: 1, maxThreads: threads };
  return new Piscina({ filename, ...limits, idleTimeout: toMs(idle, "idle") });
}

async function importPiscina(): Promise<PiscinaClass> {
  try {
    const { Piscina } = await import("piscina");
    return Piscina;
  } catch (cause) {
    throw new Error("workerPool needs the package `piscina`: install it with `npm install piscina`", { cause });
  }
}
