import { type Deferred, deferred } from "../../core/deferred.js";
import type { Runtime } from "../../core/index.js";
import { RunEvents } from "./run-events.js";
import { type Run, type RunExit, type RunId, type RunSpec, type RunStatus, runKey } from "./workload-runtime.js";

/** A run that lives in this process. */
interface Entry<T> {
  readonly spec: RunSpec;
  readonly handle: T;
  readonly ended: Deferred<RunExit>;
  exit: RunExit | undefined;
  /** What its end will be, whatever it looks like from within. */
  verdict: RunExit | undefined;
}

/**
 * The runs of a runtime whose runs die with it: each start once, each end told once.
 *
 * @internal
 */
export class RunTable<T> {
  readonly events: RunEvents;
  readonly #entries = new Map<string, Entry<T>>();

  constructor(runtime: Runtime) {
    this.events = new RunEvents(runtime);
  }

  /** Begins a run, unless that start was made before; `begin` is told how to say that it has ended. */
  start(spec: RunSpec, begin: (ended: (exit: RunExit) => void) => T): Run {
    const id = runKey(spec);
    if (!this.#entries.has(id)) {
      const ended = deferred<RunExit>();
      const handle = begin((exit) => {
        this.finish(spec, exit);
      });
      this.#entries.set(id, { spec, handle, ended, exit: undefined, verdict: undefined });
    }
    return runOf(spec);
  }

  /** A run that has not ended. */
  running(run: RunId): Entry<T> | undefined {
    const entry = this.#entries.get(runKey(run));
    return entry?.exit === undefined ? entry : undefined;
  }

  status(run: RunId): RunStatus {
    const entry = this.#entries.get(runKey(run));
    if (entry === undefined) return { state: "unknown" };
    return entry.exit === undefined
      ? { state: "running", run: runOf(entry.spec) }
      : { state: "exited", exit: entry.exit };
  }

  list(): readonly Run[] {
    const running = [...this.#entries.values()].filter(({ exit }) => exit === undefined);
    return running.map(({ spec }) => runOf(spec));
  }

  /** Forgets runs that have ended. */
  forget(uid: string, before: number): void {
    for (const [id, { spec, exit }] of this.#entries) {
      if (spec.uid === uid && spec.restart < before && exit !== undefined) this.#entries.delete(id);
    }
  }

  /** Says how a run ended; what comes later is not heard. */
  finish(run: RunId, exit: RunExit): void {
    const entry = this.running(run);
    if (entry === undefined) return;
    entry.exit = entry.verdict ?? exit;
    entry.ended.resolve(entry.exit);
    this.events.tell({ uid: entry.spec.uid, restart: entry.spec.restart, exit: entry.exit });
  }

  /** Says how a run will have ended that is being ended by force. */
  override(run: RunId, exit: RunExit): void {
    const entry = this.running(run);
    if (entry !== undefined) entry.verdict = exit;
  }
}

function runOf({ uid, restart, port }: RunSpec): Run {
  return { uid, restart, ...(port === undefined ? {} : { port }) };
}
