import { LinkedSignal } from "../core/linked-signal.js";
import type { Runtime } from "../core/runtime.js";
import { type StateStore, op, when } from "../store/index.js";
import { isPassing } from "./failures.js";
import { LeasedHold } from "./hold.js";
import { KeptLease } from "./kept-lease.js";
import { Queue } from "./queue.js";
import { spread } from "./spread.js";

/** What is contended for, and how. */
export interface ContestOptions {
  readonly store: StateStore;
  /** What it is called. */
  readonly key: string;
  /** The keys of all contenders begin with it. */
  readonly prefix: string;
  /** Who contends; the others can read it. */
  readonly identity: string;
  /** How many may hold it at a time. */
  readonly permits: number;
  readonly ttlMs: number;
  /** How long after a failure it is tried again, ± 20 %. */
  readonly retryMs: number;
  readonly runtime: Runtime;
}

/**
 * Contenders that queue for a number of permits, each with a key on a lease of its own.
 *
 * @internal
 */
export class Contest {
  readonly options: ContestOptions;
  /** What the last attempt failed with; nothing since one went well. */
  failure: { readonly error: unknown } | undefined = undefined;

  constructor(options: ContestOptions) {
    this.options = options;
  }

  /** Waits for a permit, through failures that pass. */
  async win(signal: AbortSignal | undefined): Promise<LeasedHold> {
    const { runtime, retryMs } = this.options;
    for (;;) {
      signal?.throwIfAborted();
      try {
        const hold = await this.#attempt(signal, "wait");
        if (hold !== undefined) return hold;
      } catch (error) {
        signal?.throwIfAborted();
        if (!isPassing(error)) throw error;
        this.failure = { error };
      }
      await runtime.sleep(spread(runtime, retryMs), { signal });
    }
  }

  /** Takes a permit if one is free and nobody waits for it. */
  async tryWin(signal: AbortSignal | undefined): Promise<LeasedHold | undefined> {
    signal?.throwIfAborted();
    const { store, prefix, permits } = this.options;
    const { count } = await store.range({ prefix }, { countOnly: true, signal });
    return count < permits ? await this.#attempt(signal, "look") : undefined;
  }

  /** One lease, one place in the queue: a permit, or, if it is only to `look`, nothing where there is none at once. */
  async #attempt(signal: AbortSignal | undefined, patience: "wait" | "look"): Promise<LeasedHold | undefined> {
    const { store, prefix, identity, runtime, ttlMs, key: wanted } = this.options;
    const lease = await KeptLease.grant(store, { runtime, ttlMs, key: wanted }, signal);
    using link = new LinkedSignal(signal, lease.signal);
    const key = prefix + lease.id;
    let hold: LeasedHold | undefined;
    try {
      const { revision } = await store.txn(
        { if: [when(key).version("=", 0)], then: [op.put(key, identity, { lease: lease.id })] },
        { signal: link.signal },
      );
      this.failure = undefined;
      const place = { ...this.options, key, token: revision, value: identity, lease: lease.id };
      const queue = new Queue(place, link.signal);
      if (patience === "wait") await queue.turn();
      else if (!(await queue.isServed())) return undefined;
      if (lease.isHeld()) hold = new LeasedHold(lease, key, revision);
      return hold;
    } finally {
      if (hold === undefined) await lease.release();
    }
  }
}
