import { isKeelsonError } from "../core/errors.js";
import type { Runtime } from "../core/runtime.js";
import { type KeyRange, type Revision, type StateStore, type WatchEvent, op, when } from "../store/index.js";
import { LeaseLostError } from "./errors.js";
import { isPassing } from "./failures.js";
import { spread } from "./spread.js";

/** A place in a queue. */
export interface QueuePlace {
  readonly store: StateStore;
  readonly runtime: Runtime;
  /** The keys of all contenders begin with it. */
  readonly prefix: string;
  /** The contender's own key. */
  readonly key: string;
  /** When that was created: the order of the queue. */
  readonly token: Revision;
  /** What puts the key once more, as it was. */
  readonly value: string;
  readonly lease: string;
  /** How many are served at a time. */
  readonly permits: number;
  /** How long after a failure the queue is looked at again, ± 20 %. */
  readonly retryMs: number;
}

/** The others, as a contender sees them from its place. */
interface View {
  readonly revision: Revision;
  /** How many came earlier and are still there. */
  readonly ahead: number;
  /** The last of them. */
  readonly predecessor: string | undefined;
}

/**
 * The queue of those who contend for the same, by when their keys were created.
 *
 * @remarks
 * Whoever waits watches one key, that of its predecessor, so that one departure wakes one waiter and not the herd. With
 * several permits the first in line must hear of whichever holder leaves, so it watches them all, and whoever is served
 * puts its key once more, to tell its successor that it is first in line now.
 * @internal
 */
export class Queue {
  readonly #place: QueuePlace;
  readonly #signal: AbortSignal;

  /** `signal` ends the waiting. */
  constructor(place: QueuePlace, signal: AbortSignal) {
    this.#place = place;
    this.#signal = signal;
  }

  /** Waits until it is served. A failure that passes does not cost it its place. */
  async turn(): Promise<void> {
    const { runtime, retryMs } = this.#place;
    for (;;) {
      try {
        const view = await this.#look();
        if (view.ahead >= this.#place.permits) await this.#change(view);
        else if (await this.#announce()) return;
      } catch (error) {
        if (this.#signal.aborted || isKeelsonError(error, "LEASE_LOST") || !isPassing(error)) throw error;
        await runtime.sleep(spread(runtime, retryMs), { signal: this.#signal });
      }
    }
  }

  /** Whether it is served right now. */
  async isServed(): Promise<boolean> {
    const { ahead } = await this.#look();
    return ahead < this.#place.permits && (await this.#announce());
  }

  /** Reads the queue anew, so that nothing is taken for granted that was true before the wait. */
  async #look(): Promise<View> {
    const { store, prefix, key, token } = this.#place;
    const { revision, kvs } = await store.range({ prefix }, { keysOnly: true, signal: this.#signal });
    const own = kvs.find((kv) => kv.key === key);
    if (own?.createRevision !== token) throw new LeaseLostError({ key, loss: "gone" });
    const earlier = kvs.filter(({ createRevision }) => createRevision < token);
    earlier.sort((a, b) => a.createRevision - b.createRevision);
    return { revision, ahead: earlier.length, predecessor: earlier.at(-1)?.key };
  }

  /** Waits until the place in the queue may have changed. */
  async #change({ revision, ahead, predecessor }: View): Promise<void> {
    const { store, prefix, token, permits } = this.#place;
    // Who holds the only permit is the predecessor; of several holders each may be the one that leaves.
    const mayBeAny = permits > 1 && ahead === permits;
    const range: KeyRange = mayBeAny || predecessor === undefined ? { prefix } : { key: predecessor };
    const matters = ({ type, prev }: WatchEvent): boolean =>
      !mayBeAny || (type === "delete" && (prev === undefined || prev.createRevision < token));
    const options = { from: revision + 1, prevKv: mayBeAny, signal: this.#signal };
    for await (const batch of store.watch(range, options)) {
      if (batch.type === "events" && batch.events.some(matters)) return;
    }
  }

  /** Tells the successor that it is first in line, where it can't know; whether it was still there to tell. */
  async #announce(): Promise<boolean> {
    const { store, key, value, lease, token, permits } = this.#place;
    if (permits === 1) return true;
    const again = { if: [when(key).createRevision("=", token)], then: [op.put(key, value, { lease })] };
    return (await store.txn(again, { signal: this.#signal })).succeeded;
  }
}
