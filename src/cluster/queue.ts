import { isKeelsonError } from "../core/errors.js";
import type { Runtime } from "../core/runtime.js";
import { type KeyRange, type KeyValue, type Revision, type StateStore, op, when } from "../store/index.js";
import { LeaseLostError } from "./errors.js";
import { isPassing } from "./failures.js";
import { readQueue } from "./queue-reader.js";
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
  readonly predecessor: KeyValue | undefined;
}

/** From so many contenders on, telling the successor costs less than having it read the whole queue. */
const crowd = 100;

/**
 * The queue of those who contend for the same, by when their keys were created.
 *
 * @remarks
 * Whoever waits watches one key, that of its predecessor, so that one departure wakes one waiter and not the herd. With
 * several permits the first in line must hear of whichever holder leaves, so it watches them all, and whoever is served
 * puts its key once more, to tell its successor that it is first in line now. With one permit it does so where there is
 * a crowd: a successor that knows that the holder is its predecessor need not read who else is there when that leaves.
 * @internal
 */
export class Queue {
  readonly #place: QueuePlace;
  readonly #signal: AbortSignal;
  /** Whether the successor is to be told. */
  #tells: boolean;

  /** `signal` ends the waiting. */
  constructor(place: QueuePlace, signal: AbortSignal) {
    this.#place = place;
    this.#signal = signal;
    this.#tells = place.permits > 1;
  }

  /** Waits until it is served. A failure that passes does not cost it its place. */
  async turn(): Promise<void> {
    const { runtime, retryMs, permits } = this.#place;
    for (;;) {
      try {
        const view = await this.#look();
        const isServed = view.ahead < permits || ((await this.#change(view)) && this.#tells);
        if (isServed && (await this.#announce())) return;
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

  /** Reads the queue. */
  async #look(): Promise<View> {
    const { key, token } = this.#place;
    const { revision, byAge } = await readQueue(this.#place, this.#signal);
    if (byAge.length >= crowd) this.#tells = true;
    const ahead = byAge.findIndex((each) => each.key === key);
    if (byAge[ahead]?.createRevision !== token) throw new LeaseLostError({ key, loss: "gone" });
    return { revision, ahead, predecessor: byAge[ahead - 1] };
  }

  /**
   * Waits until the place in the queue may have changed; whether it is served then for sure.
   *
   * @remarks Nobody ever comes in ahead, so that after the last but so many of them went, the next to go makes it served.
   */
  async #change({ revision, ahead, predecessor }: View): Promise<boolean> {
    const { store, prefix, token, permits } = this.#place;
    // Who holds the only permit is the predecessor; of several holders each may be the one that leaves.
    const mayBeAny = permits > 1 && ahead === permits;
    // Of one permit, a predecessor that told it was served has nobody ahead.
    let isAlone = ahead === 1 || (predecessor?.version ?? 0) > 1;
    const range: KeyRange = mayBeAny || predecessor === undefined ? { prefix } : { key: predecessor.key };
    const options = { from: revision + 1, prevKv: mayBeAny, signal: this.#signal };
    for await (const batch of store.watch(range, options)) {
      for (const { type, prev } of batch.type === "events" ? batch.events : []) {
        if (mayBeAny) {
          if (type === "delete" && (prev?.createRevision ?? 0) < token) return prev !== undefined;
        } else if (type === "delete" || permits > 1) return permits === 1 && isAlone;
        else isAlone = true;
      }
    }
    return false;
  }

  /** Tells the successor that it is first in line, where it is to know; whether it was still there to tell. */
  async #announce(): Promise<boolean> {
    const { store, key, value, lease, token } = this.#place;
    if (!this.#tells) return true;
    const again = { if: [when(key).createRevision("=", token)], then: [op.put(key, value, { lease })] };
    return (await store.txn(again, { signal: this.#signal })).succeeded;
  }
}
