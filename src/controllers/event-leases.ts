import type { Runtime } from "../core/index.js";
import type { StateStore } from "../store/index.js";

/** Events of so long share a lease: one each would be as many leases as events. */
const bucketMs = 600_000;
/** How long an event lasts after it happened last, at least. */
const lifeMs = 3_600_000;

/**
 * The lease that events go with: another one every ten minutes, none of them renewed, so that events go by themselves.
 *
 * @internal
 */
export class EventLeases {
  readonly #store: StateStore;
  readonly #runtime: Runtime;
  #bucket: { readonly until: number; readonly id: string } | undefined = undefined;

  constructor(store: StateStore, runtime: Runtime) {
    this.#store = store;
    this.#runtime = runtime;
  }

  /** The lease of now; `undefined` where the store has none. */
  get current(): string | undefined {
    return this.#bucket?.id;
  }

  /** Sees to it that the lease is one of now. */
  async refresh(): Promise<void> {
    const now = this.#runtime.now();
    if (!this.#store.capabilities.leases || (this.#bucket !== undefined && now < this.#bucket.until)) return;
    const { id } = await this.#store.grantLease(lifeMs + bucketMs);
    this.#bucket = { until: now + bucketMs, id };
  }
}
