import { LinkedSignal } from "../core/linked-signal.js";
import type { Runtime } from "../core/runtime.js";
import { watch } from "../channels/index.js";
import type { Revision, StateStore, WatchEvent } from "../store/index.js";
import { isPassing } from "./failures.js";
import { spread } from "./spread.js";

/** Who leads. */
export interface Leader {
  /** What the leader calls itself. */
  readonly identity: string;
  /** The token of its term. */
  readonly token: Revision;
}

/** What {@link LeaderObserver} observes, and how. */
export interface ObserverOptions {
  readonly store: StateStore;
  readonly prefix: string;
  readonly retryMs: number;
  readonly runtime: Runtime;
  /** Told of each leader, and of there being none. */
  readonly onLeader: (leader: Leader | undefined) => void;
}

const decoder = /* @__PURE__ */ new TextDecoder();

/**
 * Knows who leads, for as long as anybody wants to know.
 *
 * @internal
 */
export class LeaderObserver {
  readonly #options: ObserverOptions;
  #sender: watch.Sender<Leader | undefined> | undefined = undefined;

  constructor(options: ObserverOptions) {
    this.#options = options;
  }

  observe(): watch.Receiver<Leader | undefined> {
    const { runtime } = this.#options;
    if (this.#sender === undefined) {
      const sender = watch.sender<Leader | undefined>(undefined, { equals: sameLeader, name: "leader", runtime });
      const receiver = sender.subscribe();
      this.#sender = sender;
      void this.#run(sender);
      return receiver;
    }
    const receiver = this.#sender.subscribe();
    if (receiver.value !== undefined) receiver.markChanged();
    return receiver;
  }

  /** Follows the leader until nobody observes any more. */
  async #run(sender: watch.Sender<Leader | undefined>): Promise<void> {
    const { runtime, retryMs } = this.#options;
    const stop = new LinkedSignal();
    void this.#unobserved(sender).then(() => {
      stop.abort(new Error("nobody observes any more"));
    });
    while (await this.#followed(sender, stop.signal)) {
      await runtime.sleep(spread(runtime, retryMs), { signal: stop.signal }).catch(() => undefined);
    }
    if (this.#sender === sender) this.#sender = undefined;
    sender.close();
  }

  /** Follows the leader until that fails; whether trying again may help. */
  async #followed(sender: watch.Sender<Leader | undefined>, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#follow(sender, signal);
      return !signal.aborted;
    } catch (error) {
      return !signal.aborted && isPassing(error);
    }
  }

  /** Resolves when nobody observes, after which nobody will through this sender. */
  async #unobserved(sender: watch.Sender<Leader | undefined>): Promise<void> {
    do await sender.closed();
    while (sender.receiverCount > 0);
    if (this.#sender === sender) this.#sender = undefined;
  }

  /** Reads who contends, then keeps up with it; the first of them leads. */
  async #follow(sender: watch.Sender<Leader | undefined>, signal: AbortSignal): Promise<void> {
    const { store, prefix } = this.#options;
    const { revision, kvs } = await store.range({ prefix }, { signal });
    const byAge = [...kvs].sort((a, b) => a.createRevision - b.createRevision);
    const contenders = new Map(byAge.map((kv) => [kv.key, leaderOf(kv)]));
    this.#show(sender, contenders);
    for await (const batch of store.watch({ prefix }, { from: revision + 1, signal })) {
      if (batch.type === "progress") continue;
      for (const event of batch.events) apply(contenders, event);
      this.#show(sender, contenders);
    }
  }

  /** The contenders are in the order in which they came: a key that is put once more keeps its place in a map. */
  #show(sender: watch.Sender<Leader | undefined>, contenders: ReadonlyMap<string, Leader>): void {
    const [first] = contenders.values();
    if (sameLeader(sender.value, first)) return;
    sender.sendReplace(first);
    this.#options.onLeader(first);
  }
}

function apply(contenders: Map<string, Leader>, { type, kv }: WatchEvent): void {
  if (type === "delete") contenders.delete(kv.key);
  else contenders.set(kv.key, leaderOf(kv));
}

function leaderOf({ value, createRevision }: WatchEvent["kv"]): Leader {
  return { identity: decoder.decode(value), token: createRevision };
}

function sameLeader(one: Leader | undefined, other: Leader | undefined): boolean {
  return one?.token === other?.token && one?.identity === other?.identity;
}
