import type { Runtime, TimerHandle } from "../../../core/runtime.js";
import { deferred } from "../../../core/deferred.js";
import { type CompactedError, StoreAuthError, StoreUnavailableError, WatchLaggedError } from "../../errors.js";
import type { Revision } from "../../key-value.js";
import type { WatchOptions } from "../../state-store.js";
import type { WatchBatch, WatchEvent } from "../../watch-batch.js";
import { retryPause } from "../shared/retry-pause.js";
import { type PendingChange, WatchBuffer } from "../shared/watch-buffer.js";
import { WatchIterator } from "../shared/watch-iterator.js";
import type { GrpcSession } from "./grpc-session.js";
import { GrpcError } from "./grpc-error.js";
import type { EtcdRange, KeyMapping } from "./key-mapping.js";
import type { Message } from "./schema.js";
import { fromEtcdKv } from "./translation.js";
import { WatchCall, type WatchEnd, type WatchListener } from "./watch-call.js";

/** What a watch needs of its store. */
export interface WatchHome {
  readonly runtime: Runtime;
  readonly keys: KeyMapping;
  readonly token: string | undefined;
  /** Whether what a server says of progress can be relied on. */
  readonly hasProgress: boolean;
  /** The newest revision heard of. */
  readonly revision: Revision;
  /** The present revision, such that every transaction called for later makes a later one. */
  register(signal: AbortSignal): Promise<Revision>;
  /** The present revision; a store that was replaced is noticed by it. */
  reach(signal: AbortSignal): Promise<Revision>;
  /** A connection, whenever there is one. */
  ready(signal: AbortSignal): Promise<GrpcSession>;
  suspect(session: GrpcSession, error: unknown): void;
  renewToken(): Promise<void>;
  heard(header: Message<"ResponseHeader">): void;
  historyGone(compactRevision: Revision): CompactedError;
  lagged(resumeFrom: Revision): void;
  ended(watch: EtcdWatch): void;
}

/** With so much waiting for the consumer, the server is made to wait … */
const pauseAt = { events: 1_000, bytes: 1_024 * 1_024 } as const;
/** … until the consumer has taken nothing for so long: then it is slow, and the buffer's limits hold. */
const patienceMs = 250;
/** Less silence than this says nothing, however often progress is wanted. */
const leastSilenceMs = 1_500;
const longestSilenceMs = 30_000;

/** One watch: it survives its connections, each time from the revision after the last one delivered completely. */
export class EtcdWatch extends WatchIterator implements WatchListener {
  readonly #home: WatchHome;
  readonly #range: EtcdRange;
  readonly #prevKv: boolean;
  readonly #progressMs: number;
  readonly #buffer = new WatchBuffer();
  readonly #gone = new AbortController();
  #call: WatchCall | undefined = undefined;
  #callEnded: (end: WatchEnd) => void = () => undefined;
  /** Everything up to here has been put into the buffer; not known before the watch is registered. */
  #position: Revision | undefined;
  /** What the first batch says. */
  #first: Revision = 0;
  #isCreated = false;
  #isStarted = false;
  #lastHeard = 0;
  #wasDenied = false;
  #isSlow = false;
  #patience: TimerHandle | undefined = undefined;

  constructor(home: WatchHome, range: EtcdRange, options: WatchOptions) {
    super(home.runtime, options);
    const { from, prevKv = false, progressMs = 1_000 } = options;
    this.#home = home;
    this.#range = range;
    this.#prevKv = prevKv;
    this.#progressMs = progressMs;
    this.#position = from === undefined ? undefined : Math.max(0, from - 1);
  }

  /** Begins; does nothing when it has ended already. */
  start(): void {
    if (this.isEnded) this.#home.ended(this);
    else void this.#run();
  }

  heard(header: Message<"ResponseHeader">): void {
    this.#lastHeard = this.runtime.now();
    this.#home.heard(header);
  }

  created(): void {
    if (this.#isCreated) return;
    this.#isCreated = true;
    this.wake();
  }

  events(events: readonly Message<"Event">[]): void {
    const before = this.#position ?? 0;
    for (const event of events) {
      const revision = event.kv?.modRevision ?? 0;
      // Some servers answer a watch of what is yet to come with what is older.
      if (revision <= before) continue;
      this.#buffer.push(new PendingEvent(this.#home.keys, event));
      this.#position = revision;
    }
    this.wake();
    if (this.isEnded) return;
    if (!this.#isSlow) this.#pace();
    else this.#endIfTooMuch();
  }

  progress(revision: Revision): void {
    if (this.#home.hasProgress) this.#position = Math.max(this.#position ?? 0, revision);
  }

  ended(end: WatchEnd): void {
    this.#callEnded(end);
  }

  protected override take(): WatchBatch | undefined {
    if (!this.#isCreated) return undefined;
    if (this.#isStarted) {
      const batch = this.#buffer.shift();
      if (batch !== undefined) this.#taken();
      return batch;
    }
    this.#isStarted = true;
    return { type: "progress", revision: this.#first };
  }

  protected override progressRevision(since: number): Revision | undefined {
    return this.#isStarted && this.#lastHeard > since ? this.#position : undefined;
  }

  protected override letGo(): void {
    this.#patience?.[Symbol.dispose]();
    this.#buffer.clear();
    this.#call?.cancel();
    this.#gone.abort();
    this.#home.ended(this);
  }

  async #run(): Promise<void> {
    const { signal } = this.#gone;
    const heard = this.#home.revision;
    let silenceMs = Math.max(3 * this.#progressMs, leastSilenceMs);
    let failures = 0;
    while (this.#goesOn()) {
      try {
        const position = this.#position ?? (await this.#register(heard, signal));
        this.#position = position;
        if (!this.#isCreated) this.#first = position;
        const session = await this.#home.ready(signal);
        // A revision beyond a restored store's would be waited for in silence.
        await this.#home.reach(signal);
        if (!this.#goesOn()) return;
        const before = this.#lastHeard;
        const end = await this.#follow(session, silenceMs);
        const hasHeard = this.#lastHeard > before;
        if (hasHeard) failures = 0;
        if (end.kind === "silent") {
          silenceMs = Math.min(2 * silenceMs, longestSilenceMs);
          this.#home.suspect(session, new Error("a watch has been silent for too long"));
        }
        await this.#judge(end);
      } catch (error) {
        if (!isPassing(error)) this.end({ error });
      }
      if (!this.#goesOn()) return;
      failures += 1;
      await this.runtime.sleep(retryPause(this.runtime, failures), { signal }).catch(() => undefined);
    }
  }

  /** Where it starts: whatever comes after the call is shown, even if the store can't be asked at once. */
  async #register(heard: Revision, signal: AbortSignal): Promise<Revision> {
    try {
      return await this.#home.register(signal);
    } catch (error) {
      if (!isPassing(error)) throw error;
      return heard;
    }
  }

  /** Makes the server wait while the consumer has enough to do. */
  #pace(): void {
    if (this.#buffer.events < pauseAt.events && this.#buffer.bytes < pauseAt.bytes) return;
    this.#call?.pause();
    if (this.#patience === undefined) {
      const slow = (): void => {
        this.#isSlow = true;
        this.#call?.resume();
        this.#endIfTooMuch(); // all of it may have come before the server could be made to wait
      };
      this.#patience = this.runtime.timer(patienceMs, slow, "store.etcd patience");
      this.#patience.unref();
    } else {
      this.#patience.reset(patienceMs);
    }
  }

  #taken(): void {
    this.#isSlow = false;
    if (this.#patience === undefined) return;
    if (2 * this.#buffer.events < pauseAt.events && 2 * this.#buffer.bytes < pauseAt.bytes) {
      this.#patience[Symbol.dispose]();
      this.#patience = undefined;
      this.#call?.resume();
    } else {
      this.#patience.reset(patienceMs);
    }
  }

  #endIfTooMuch(): void {
    const resumeFrom = this.#buffer.overflow();
    if (resumeFrom === undefined) return;
    this.#home.lagged(resumeFrom);
    this.end({ error: new WatchLaggedError(resumeFrom) });
  }

  #goesOn(): boolean {
    return !this.isEnded;
  }

  /** Watches over one connection, until that ends. */
  async #follow(session: GrpcSession, silenceMs: number): Promise<WatchEnd> {
    const ended = deferred<WatchEnd>();
    this.#callEnded = ended.resolve;
    const request = { range: this.#range, startRevision: this.#startRevision(), prevKv: this.#prevKv };
    const pace = { askMs: Math.max(10, this.#progressMs / 2), silenceMs };
    this.#call = new WatchCall(this.runtime, session, this.#home.token, request, pace, this);
    return ended.promise;
  }

  /**
   * In the past one earlier than wanted: etcd refuses only what is below the compacted revision, of which it may have
   * lost deletes. In the present not, since etcd takes its time with watches of the past.
   */
  #startRevision(): Revision {
    const position = this.#position ?? 0;
    return position > 0 && position < this.#home.revision ? position : position + 1;
  }

  /** Ends the watch if it can't go on after that. */
  async #judge(end: WatchEnd): Promise<void> {
    if (end.kind === "compacted") {
      this.end({ error: this.#home.historyGone(end.compactRevision) });
    } else if (end.kind === "canceled") {
      if (!/permission denied|auth token|Unauthenticated/i.test(end.reason)) return;
      // An expired token and a missing permission look alike here.
      if (this.#wasDenied) throw new StoreAuthError("the store does not permit this user to watch this range");
      this.#wasDenied = true;
      await this.#home.renewToken();
    } else {
      this.#wasDenied = false;
    }
  }
}

/** An event that waits for the consumer. */
class PendingEvent implements PendingChange {
  readonly revision: Revision;
  readonly bytes: number;
  readonly #keys: KeyMapping;
  readonly #event: Message<"Event">;

  constructor(keys: KeyMapping, event: Message<"Event">) {
    this.#keys = keys;
    this.#event = event;
    this.revision = event.kv?.modRevision ?? 0;
    this.bytes = (event.kv?.value.length ?? 0) + (event.prevKv?.value.length ?? 0);
  }

  toEvent(): WatchEvent {
    const { type, kv, prevKv } = this.#event;
    if (kv === undefined) throw new Error("the server sent an event without a key");
    const event = { type: type === 1 ? "delete" : "put", kv: fromEtcdKv(this.#keys, kv) } as const;
    return prevKv === undefined ? event : { ...event, prev: fromEtcdKv(this.#keys, prevKv) };
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof StoreUnavailableError || error instanceof GrpcError;
}
