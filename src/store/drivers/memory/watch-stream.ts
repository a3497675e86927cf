import { type AbortRegistration, type AbortTarget, onAbort } from "../../../core/abort-hub.js";
import { List } from "../../../core/list.js";
import type { Runtime, TimerHandle } from "../../../core/runtime.js";
import { PENDING, type Source, type Waiter } from "../../../core/selectable.js";
import { wait } from "../../../core/wait.js";
import { CompactedError, WatchLaggedError } from "../../errors.js";
import { inRange } from "../../key-bounds.js";
import type { KeyRange } from "../../key-range.js";
import type { Revision } from "../../key-value.js";
import type { WatchOptions } from "../../state-store.js";
import type { WatchBatch, WatchEvent } from "../../watch-batch.js";
import type { Keyspace } from "./keyspace.js";
import { WatchBuffer, toEvent } from "./watch-buffer.js";
import type { Subscriber, WatchHub } from "./watch-hub.js";

type Result = IteratorResult<WatchBatch, undefined>;

/** Where a watch stands: it reads the log until it has caught up, and is handed changes from then on. */
type Phase =
  | { readonly kind: "behind"; cursor: Revision }
  | { readonly kind: "live" }
  | { readonly kind: "ended"; readonly outcome: { readonly error: unknown } | undefined };

/** What a watch needs of its store. */
export interface WatchHome {
  readonly runtime: Runtime;
  readonly keyspace: Keyspace;
  readonly hub: WatchHub;
  /** Set once the store is closed. */
  readonly closed: { readonly error: unknown } | undefined;
}

/** One watch: an iterator that is a source, so that waiting for it is waiting as everywhere else. */
export class WatchStream
  implements AsyncIterableIterator<WatchBatch, undefined>, Source<Result>, Subscriber, AbortTarget
{
  readonly range: KeyRange;
  readonly #home: WatchHome;
  readonly #from: Revision;
  readonly #prevKv: boolean;
  readonly #progressMs: number;
  readonly #buffer: WatchBuffer;
  readonly #waiters = new List<Waiter<Result>>();
  #phase: Phase;
  #isIterated = false;
  #isStarted = false;
  #lastDelivery: number;
  #progressTimer: TimerHandle | undefined = undefined;
  #registration: AbortRegistration | undefined = undefined;

  constructor(home: WatchHome, range: KeyRange, { from, prevKv = false, progressMs = 1_000, signal }: WatchOptions) {
    const next = home.keyspace.revision + 1;
    this.range = range;
    this.#home = home;
    this.#from = from ?? next;
    this.#prevKv = prevKv;
    this.#progressMs = progressMs;
    this.#buffer = new WatchBuffer(prevKv);
    this.#lastDelivery = home.runtime.now();
    if (signal?.aborted === true) {
      this.#phase = { kind: "ended", outcome: { error: signal.reason } };
    } else if (home.closed !== undefined) {
      this.#phase = { kind: "ended", outcome: home.closed };
    } else {
      this.#phase = { kind: "behind", cursor: this.#from };
      if (this.#from >= next) this.#goLive();
      if (signal !== undefined) this.#registration = onAbort(signal, this);
    }
  }

  [Symbol.asyncIterator](): this {
    if (this.#isIterated) throw new TypeError("Expected a watch to be iterated once; call `watch` again for another");
    this.#isIterated = true;
    return this;
  }

  next(): Promise<Result> {
    return wait(this.#home.runtime, "store.watch", this);
  }

  return(): Promise<Result> {
    this.end(undefined);
    return Promise.resolve({ done: true, value: undefined });
  }

  poll(): Result | typeof PENDING {
    if (this.#phase.kind === "behind" && this.#home.closed !== undefined) this.end(this.#home.closed);
    if (this.#phase.kind === "behind" && this.#phase.cursor <= this.#home.keyspace.compacted) {
      this.end({ error: new CompactedError(this.#home.keyspace.compacted) });
    }
    if (this.#phase.kind === "ended") return this.#last(this.#phase.outcome);
    if (!this.#isStarted) {
      this.#isStarted = true;
      return this.#deliver({ type: "progress", revision: this.#from - 1 });
    }
    const batch = this.#phase.kind === "behind" ? this.#catchUp(this.#phase) : this.#buffer.shift();
    return batch === undefined ? PENDING : this.#deliver(batch);
  }

  arm(waiter: Waiter<Result>): void {
    this.#waiters.push(waiter);
    const { runtime } = this.#home;
    const left = Math.max(0, this.#lastDelivery + this.#progressMs - runtime.now());
    if (this.#progressTimer === undefined) {
      const fire = (): void => {
        this.#progress();
      };
      this.#progressTimer = runtime.timer(left, fire, "store.watch progress");
      this.#progressTimer.unref(); // nothing in this process is left to change the store if only this remains
    } else {
      this.#progressTimer.reset(left);
    }
  }

  disarm(waiter: Waiter<Result>): void {
    waiter.unlink();
  }

  offer(version: Parameters<Subscriber["offer"]>[0]): boolean {
    return version.modRevision >= this.#from && this.#buffer.push(version);
  }

  flush(): Revision | undefined {
    this.#wake();
    const resumeFrom = this.#buffer.overflow();
    if (resumeFrom !== undefined) this.end({ error: new WatchLaggedError(resumeFrom) });
    return resumeFrom;
  }

  aborted(reason: unknown): void {
    this.end({ error: reason });
  }

  end(outcome: { readonly error: unknown } | undefined): void {
    if (this.#phase.kind === "ended") return;
    this.#home.hub.delete(this);
    this.#phase = { kind: "ended", outcome };
    this.#registration?.unlink();
    this.#progressTimer?.[Symbol.dispose]();
    this.#buffer.clear();
    this.#wake();
  }

  /** Gives the error once; the iterator is done from then on. */
  #last(outcome: { readonly error: unknown } | undefined): Result {
    this.#phase = { kind: "ended", outcome: undefined };
    if (outcome !== undefined) throw outcome.error;
    return { done: true, value: undefined };
  }

  #goLive(): void {
    this.#phase = { kind: "live" };
    this.#home.hub.add(this);
  }

  /** The next matching revision of the log; once there is none, changes are waited for. */
  #catchUp(phase: { cursor: Revision }): WatchBatch | undefined {
    const { log, revision: last } = this.#home.keyspace;
    const events: WatchEvent[] = [];
    let revision = 0;
    for (let index = log.indexOf(phase.cursor); ; index += 1) {
      const version = log.at(index);
      if (version === undefined || (events.length > 0 && version.modRevision !== revision)) break;
      if (!inRange(version.slot.key, this.range)) continue;
      revision = version.modRevision;
      events.push(toEvent(version, this.#prevKv ? version.prev : undefined));
    }
    if (events.length === 0) {
      phase.cursor = last + 1;
      this.#goLive();
      return undefined;
    }
    phase.cursor = revision + 1;
    return { type: "events", revision, events };
  }

  #progress(): void {
    const waiter = this.#waiters.shift();
    if (waiter === undefined) return;
    const revision = Math.max(this.#home.keyspace.revision, this.#from - 1);
    waiter.commit(this.#deliver({ type: "progress", revision }));
    if (this.#waiters.length > 0) this.#progressTimer?.reset(this.#progressMs);
  }

  #deliver(batch: WatchBatch): Result {
    this.#lastDelivery = this.#home.runtime.now();
    return { done: false, value: batch };
  }

  #wake(): void {
    for (let waiter = this.#waiters.first; waiter !== undefined; waiter = this.#waiters.first) {
      try {
        const result = this.poll();
        if (result === PENDING) return;
        waiter.unlink();
        waiter.commit(result);
      } catch (error) {
        waiter.unlink();
        waiter.fail(error);
      }
    }
  }
}
