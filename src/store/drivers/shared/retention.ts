import { checkNumber } from "../../../core/check.js";
import { type Duration, toMs } from "../../../core/duration.js";
import type { Runtime, TimerHandle } from "../../../core/runtime.js";
import type { Revision } from "../../key-value.js";

/** How much history a store keeps: whichever of the two is less. The latest value of each key always stays. */
export interface RetentionOptions {
  /** How long a revision is kept. @defaultValue `"1h"` */
  readonly age?: Duration;
  /** How many revisions are kept. @defaultValue `100_000` in memory and in etcd, else `1_000_000` */
  readonly revisions?: number;
}

/** What is trimmed. */
export interface History {
  readonly revision: Revision;
  /** Everything up to and including this revision is gone. */
  readonly compacted: Revision;
}

const trimEveryMs = 60_000;

/** Trims history from time to time, and at once where it has grown to twice its size; idle while nothing can age. */
export class Retention implements Disposable {
  readonly #runtime: Runtime;
  readonly #history: History;
  readonly #compact: (revision: Revision) => void;
  readonly #ageMs: number;
  readonly #revisions: number;
  /** Which revision was the latest at which trim, oldest first. */
  readonly #marks: { readonly at: number; readonly revision: Revision }[] = [];
  readonly #timer: TimerHandle;
  #isArmed = false;

  constructor(
    runtime: Runtime,
    history: History,
    { age = "1h", revisions = 100_000 }: RetentionOptions,
    compact: (revision: Revision) => void,
  ) {
    checkNumber("retention.revisions", revisions, 1, Number.POSITIVE_INFINITY);
    this.#runtime = runtime;
    this.#history = history;
    this.#compact = compact;
    this.#ageMs = toMs(age, "retention.age");
    this.#revisions = revisions;
    const tick = (): void => {
      this.#tick();
    };
    this.#timer = runtime.timer(Number.POSITIVE_INFINITY, tick, "store.retention");
    this.#timer.unref();
  }

  /** Called after each revision. */
  grown(): void {
    if (!this.#isArmed) this.#arm();
    if (this.#history.revision - this.#history.compacted > 2 * this.#revisions) this.#trim();
  }

  [Symbol.dispose](): void {
    this.#isArmed = true; // never again
    this.#timer[Symbol.dispose]();
  }

  #arm(): void {
    const { revision, compacted } = this.#history;
    const canAge = this.#ageMs !== Number.POSITIVE_INFINITY && revision - 1 > compacted;
    if (!canAge && revision - compacted <= this.#revisions) return;
    this.#isArmed = true;
    this.#timer.reset(trimEveryMs);
  }

  #tick(): void {
    this.#isArmed = false;
    this.#trim();
    this.#marks.push({ at: this.#runtime.now(), revision: this.#history.revision });
    this.#arm();
  }

  #trim(): void {
    const { revision, compacted } = this.#history;
    let target = revision - this.#revisions;
    const old = this.#runtime.now() - this.#ageMs;
    for (let mark = this.#marks[0]; mark !== undefined && mark.at <= old; mark = this.#marks[0]) {
      target = Math.max(target, mark.revision);
      this.#marks.shift();
    }
    // The present revision can always be read, and watched from.
    target = Math.min(target, revision - 1);
    if (target > compacted) this.#compact(target);
  }
}
