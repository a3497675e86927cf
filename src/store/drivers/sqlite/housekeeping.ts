import type { Runtime, TimerHandle } from "../../../core/runtime.js";
import type { BootClock } from "./boot-clock.js";
import type { Connections } from "./connections.js";
import type { WorkerSettings } from "./worker-protocol.js";
import type { WriteJob, WriteOutcome } from "./write-group.js";

const sweepMs = 500;
const retentionMs = 60_000;

/** Ends every overdue lease, each in a revision of its own. */
const sweep: WriteJob = {
  run({ txns }) {
    for (const id of txns.overdueLeases()) txns.endLease(id);
  },
};

/** Removes a little history; tells whether there is more. */
const trim: WriteJob = { run: ({ history }) => history.trim() };

/** What an open store does by itself: ends overdue leases, and removes history that nobody is to read any more. */
export class Housekeeping implements Disposable {
  readonly #runtime: Runtime;
  readonly #settings: WorkerSettings;
  readonly #clock: BootClock;
  readonly #timer: TimerHandle;
  readonly #wake: () => void;
  #isLookDue = true;
  #retentionAt: number;
  #trimmedFor = 0;
  #hasMoreToTrim = true;

  constructor(runtime: Runtime, settings: WorkerSettings, clock: BootClock, wake: () => void) {
    this.#runtime = runtime;
    this.#settings = settings;
    this.#clock = clock;
    this.#wake = wake;
    this.#retentionAt = runtime.now() + retentionMs;
    const tick = (): void => {
      this.#isLookDue = true;
      this.#timer.reset(sweepMs);
      wake();
    };
    this.#timer = runtime.timer(sweepMs, tick, "sqlite sweep");
  }

  /** What should be done now; asks the reader only, so that it costs no lock while there is nothing to do. */
  due({ reader, writer }: Connections): readonly WriteJob[] {
    if (writer === undefined) return [];
    const chores: WriteJob[] = [];
    if (this.#isLookDue) {
      const { compacted } = reader.keys.reach();
      if (compacted > this.#trimmedFor) this.#hasMoreToTrim = true;
      this.#trimmedFor = compacted;
      if (reader.hasOverdueLeases(this.#clock)) chores.push(sweep);
      if (this.#runtime.now() >= this.#retentionAt) chores.push(this.#retention());
    }
    if (this.#hasMoreToTrim) chores.push(trim);
    if (chores.length === 0) this.#isLookDue = false;
    return chores;
  }

  /** Called with what became of the chores; what failed is due again at the next look. */
  done(outcomes: readonly WriteOutcome[]): void {
    this.#isLookDue = false;
    const last = outcomes.at(-1);
    if (!this.#hasMoreToTrim || last === undefined) return;
    this.#hasMoreToTrim = "value" in last && last.value === true;
    if (this.#hasMoreToTrim) this.#wake();
  }

  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
  }

  #retention(): WriteJob {
    return {
      run: ({ txns, history }) => {
        txns.finish(); // so that it sees how far this transaction has come
        const revision = history.outlived(this.#runtime.wallNow(), this.#settings);
        if (revision !== undefined) txns.compact(revision);
        this.#retentionAt = this.#runtime.now() + retentionMs;
      },
    };
  }
}
