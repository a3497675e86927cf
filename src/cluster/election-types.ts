import type { watch } from "../channels/index.js";
import type { Duration, Events, Health, Runtime } from "../core/index.js";
import type { Revision } from "../store/index.js";
import type { Hold } from "./hold.js";
import type { Leader } from "./leader-observer.js";

/** The time for which one contender leads. */
export interface Term extends Hold {
  /**
   * Steps down: another one leads within a second where the store can be reached. Harmless when the term is over.
   *
   * @remarks Its signal aborts. Never rejects, and takes three seconds at most.
   */
  resign(): Promise<void>;
}

/** How {@link createElection} is made. */
export interface ElectionOptions {
  /** Which election: those with the same name on the same store have one leader. */
  readonly name: string;
  /** Who contends: what observers see. @defaultValue a unique name */
  readonly identity?: string;
  /** How long a leader that died is still taken for one; 2 s at least. @defaultValue `"15s"` */
  readonly ttl?: Duration;
  /** How long after a failure of the store it is tried again, ± 20 %. @defaultValue `"2s"` */
  readonly retry?: Duration;
  /** Clocks, timers and chance. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/** What happens to an election, for its owner. */
export interface ElectionEvents {
  /** This contender leads. */
  elected: [term: Term];
  /** Its term is over, though it had not resigned; the work may still be winding down. */
  lost: [detail: { readonly token: Revision; readonly error: unknown }];
  /** Another one leads, or nobody; only while somebody observes. */
  observed: [leader: Leader | undefined];
}

/** A contender in an election. */
export interface Election extends Events<ElectionEvents> {
  /** Which election. */
  readonly name: string;
  /** Who contends. */
  readonly identity: string;
  /** The term of which this contender is the leader, while it is. */
  readonly term: Term | undefined;
  /**
   * Waits to be elected and does `work` as the leader; again after each term that was lost.
   *
   * @remarks
   * The term's signal aborts when the term is over, and when `signal` does. `work` is awaited before the term is given
   * back, and before another one starts in this process, so it must end when its signal aborts. What it throws once its
   * term is lost goes to the runtime's `report`, unless it is only that loss. Waiting goes through failures of the store
   * that pass.
   * **Cancel safety.** Aborted while it waits it rejects, once its place in the queue is given back (three seconds at
   * most); while it leads, `work` is told and decides what the result is.
   * @returns What `work` returns, once it has ended by itself and the term was given back.
   * @throws What `work` throws; the signal's reason, unchanged; the store's error where trying again would not help;
   * TypeError when it runs already.
   */
  run<R>(work: (term: Term) => R | PromiseLike<R>, options?: { readonly signal?: AbortSignal | undefined }): Promise<R>;
  /**
   * Who leads: a receiver of the latest leader, `undefined` while there is none, or not known yet. Close it when done.
   *
   * @remarks It needs no `run`, and goes through failures of the store that pass; after others it ends.
   */
  observe(): watch.Receiver<Leader | undefined>;
  /** `fail` while a term is over whose work has not ended; `warn` while the store does not answer. */
  health(): Health;
}
