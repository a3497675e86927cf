import type { Runtime, TimerHandle } from "../core/runtime.js";
import type { Revision, StateStore, WatchBatch } from "../store/index.js";
import type { WatchPoll } from "./store-endpoints.js";

/** Batches one answer may carry. */
const perAnswer = 100;
/** A watch that nobody has asked about for so long is given up. */
const idleMs = 60_000;

/** One watch of a served store. */
class ServedWatch {
  /** The revision from which on nothing has been told yet; unknown until it has begun. */
  next: Revision | undefined = undefined;
  readonly #iterator: AsyncIterator<WatchBatch>;
  readonly #runtime: Runtime;
  readonly #idle: TimerHandle;
  /** What was asked of the store and is not told yet: it outlives an asker who gives up. */
  #pending: Promise<IteratorResult<WatchBatch>> | undefined = undefined;
  /** How often it was asked: only the last asker is still there to be told. */
  #asked = 0;

  constructor(runtime: Runtime, store: StateStore, { range, from, prevKv, progressMs }: WatchPoll, onIdle: () => void) {
    const options = { prevKv, progressMs, ...(from === undefined ? {} : { from }) };
    this.#iterator = store.watch(range, options)[Symbol.asyncIterator]();
    this.#runtime = runtime;
    this.#idle = runtime.timer(idleMs, onIdle, "idle watch");
    this.#idle.unref();
  }

  /** Where it begins. */
  async start(): Promise<readonly WatchBatch[]> {
    const start = await this.#peek();
    return start.done === true ? [] : [this.#take(start.value)];
  }

  /** What has changed, as soon as anything has; progress after a while. */
  async tell(signal: AbortSignal): Promise<readonly WatchBatch[]> {
    this.#asked += 1;
    this.#idle.reset(idleMs);
    const asked = this.#asked;
    const batches: WatchBatch[] = [];
    let next: IteratorResult<WatchBatch> | undefined = await this.#peek();
    while (next?.done === false && asked === this.#asked && !signal.aborted) {
      batches.push(this.#take(next.value));
      if (next.value.type === "progress" || batches.length === perAnswer) break;
      // What is there already comes along; anything later is the next answer's.
      next = (await Promise.race([this.#peek(), this.#runtime.yieldNow()])) ?? undefined;
    }
    return batches;
  }

  end(): void {
    this.#idle[Symbol.dispose]();
    void this.#iterator.return?.();
  }

  #peek(): Promise<IteratorResult<WatchBatch>> {
    return (this.#pending ??= this.#iterator.next());
  }

  #take(batch: WatchBatch): WatchBatch {
    this.#pending = undefined;
    this.next = batch.revision + 1;
    return batch;
  }
}

/** The watches of a served store: each is told of its changes when it asks; one whose answer was lost begins anew. */
export class ServedWatches implements Disposable {
  readonly #runtime: Runtime;
  readonly #store: StateStore;
  readonly #served = new Map<string, ServedWatch>();

  constructor(runtime: Runtime, store: StateStore) {
    this.#runtime = runtime;
    this.#store = store;
  }

  async answer(asker: string, poll: WatchPoll, signal: AbortSignal): Promise<readonly WatchBatch[]> {
    const key = `${asker} ${poll.id}`;
    const known = this.#served.get(key);
    try {
      if (known?.next !== undefined && known.next === poll.from) return await known.tell(signal);
      const watch = this.#open(key, poll);
      const start = await watch.start();
      return poll.from === undefined ? start : await watch.tell(signal);
    } catch (error) {
      this.#drop(key);
      throw error;
    }
  }

  end(asker: string, id: string): null {
    this.#drop(`${asker} ${id}`);
    return null;
  }

  [Symbol.dispose](): void {
    for (const key of [...this.#served.keys()]) this.#drop(key);
  }

  #open(key: string, poll: WatchPoll): ServedWatch {
    this.#drop(key);
    const watch = new ServedWatch(this.#runtime, this.#store, poll, () => {
      this.#drop(key);
    });
    this.#served.set(key, watch);
    return watch;
  }

  #drop(key: string): void {
    this.#served.get(key)?.end();
    this.#served.delete(key);
  }
}
