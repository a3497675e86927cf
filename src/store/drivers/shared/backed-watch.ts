import { CompactedError, StoreUnavailableError, WatchLaggedError } from "../../errors.js";
import type { KeyRange } from "../../key-range.js";
import type { Revision } from "../../key-value.js";
import type { WatchOptions } from "../../state-store.js";
import type { WatchBatch, WatchEvent } from "../../watch-batch.js";
import type { ChangeTail } from "./change-tail.js";
import { retryPause } from "./retry-pause.js";
import { type PendingChange, WatchBuffer } from "./watch-buffer.js";
import type { Subscriber } from "./watch-hub.js";
import { WatchIterator } from "./watch-iterator.js";

/** First it learns where the store is, then it reads the log, then it is handed changes. */
type Phase = "opening" | "behind" | "live";

/** One watch of a store that stands on a {@link Backend}. */
export class BackedWatch extends WatchIterator implements Subscriber<WatchEvent> {
  readonly range: KeyRange;
  readonly prevKv: boolean;
  readonly #tail: ChangeTail;
  readonly #buffer = new WatchBuffer();
  /** Its first revision, once that is known. */
  #from: Revision | undefined;
  /** The first revision it has not seen. */
  #cursor: Revision = 0;
  #phase: Phase = "opening";
  #isStarted = false;
  #isReading = false;

  constructor(tail: ChangeTail, range: KeyRange, options: WatchOptions) {
    super(tail.runtime, options);
    this.range = range;
    this.prevKv = options.prevKv ?? false;
    this.#tail = tail;
    this.#from = options.from;
    if (this.isEnded) return;
    tail.opened(this);
    this.#follow(this.#open(tail.heard));
  }

  get isLive(): boolean {
    return this.#phase === "live";
  }

  offer(event: WatchEvent): boolean {
    return event.kv.modRevision >= this.#cursor && this.#buffer.push(new PendingEvent(event, this.prevKv));
  }

  flush(): Revision | undefined {
    this.wake();
    const resumeFrom = this.#buffer.overflow();
    if (resumeFrom !== undefined) this.end({ error: new WatchLaggedError(resumeFrom) });
    return resumeFrom;
  }

  protected override take(): WatchBatch | undefined {
    if (this.#from === undefined || this.#phase === "opening") return undefined;
    if (!this.#isStarted) {
      this.#isStarted = true;
      return { type: "progress", revision: this.#from - 1 };
    }
    const batch = this.#buffer.shift();
    if (batch === undefined && this.#phase === "behind") this.#follow(this.#readOn());
    return batch;
  }

  protected override progressRevision(since: number): Revision | undefined {
    if (this.#phase !== "live" || this.#tail.confirmedAt < since) return undefined;
    return Math.max(this.#tail.position, this.#cursor - 1);
  }

  protected override letGo(): void {
    this.#tail.left(this);
    this.#buffer.clear();
  }

  #follow(work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.end({ error });
    });
  }

  /** Asks where the store is; whatever comes after the call is shown, even if the first answer takes long. */
  async #open(heard: Revision): Promise<void> {
    const first = await this.#eventually(() => this.#tail.backend.reach({}));
    if (first === undefined) return;
    this.#tail.reached(first.answer);
    const known = heard > 0 ? heard : this.#tail.first;
    this.#from ??= (first.tries > 1 ? known : first.answer.revision) + 1;
    if (this.#from <= first.answer.compacted) throw new CompactedError(first.answer.compacted);
    this.#standAt(this.#from);
  }

  /** Reads a page of the log, unless one is under way. */
  async #readOn(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      while (this.#phase === "behind" && !this.isEnded) {
        const cursor = this.#cursor;
        const request = { from: cursor, range: this.range, prevKv: this.prevKv };
        const page = await this.#eventually(() => this.#tail.backend.changes(request));
        if (page === undefined) return;
        const { compacted, events, through } = page.answer;
        if (cursor <= compacted) throw new CompactedError(compacted);
        for (const event of events) this.#buffer.push(new PendingEvent(event, this.prevKv));
        this.#standAt(Math.max(cursor, through + 1));
        if (events.length > 0) return;
      }
    } finally {
      this.#isReading = false;
    }
  }

  /** Everything before `cursor` has been read: goes live if the tail is not beyond it. */
  #standAt(cursor: Revision): void {
    if (this.isEnded) return;
    this.#cursor = cursor;
    this.#phase = this.#tail.join(this, cursor) ? "live" : "behind";
    this.wake();
  }

  /** Tries until the store can be reached, or the watch has ended. */
  async #eventually<T>(call: () => Promise<T>): Promise<{ readonly answer: T; readonly tries: number } | undefined> {
    for (let tries = 1; ; tries += 1) {
      try {
        const answer = await call();
        return this.isEnded ? undefined : { answer, tries };
      } catch (error) {
        if (this.isEnded) return undefined;
        if (!(error instanceof StoreUnavailableError)) throw error;
        await this.runtime.sleep(retryPause(this.runtime, tries));
      }
    }
  }
}

/** A change in a watch's buffer; the consumer gets copies, since several watches share the event. */
class PendingEvent implements PendingChange {
  readonly revision: Revision;
  readonly bytes: number;
  readonly #event: WatchEvent;
  readonly #prevKv: boolean;

  constructor(event: WatchEvent, prevKv: boolean) {
    this.revision = event.kv.modRevision;
    this.bytes = event.kv.value.length + (prevKv ? (event.prev?.value.length ?? 0) : 0);
    this.#event = event;
    this.#prevKv = prevKv;
  }

  toEvent(): WatchEvent {
    const { type, kv, prev } = this.#event;
    const copy = { type, kv: { ...kv, value: kv.value.slice() } };
    return this.#prevKv && prev !== undefined ? { ...copy, prev: { ...prev, value: prev.value.slice() } } : copy;
  }
}
