import type { Runtime } from "../../../core/runtime.js";
import { LeaseNotFoundError, StoreClosedError } from "../../errors.js";
import { MemoryLease } from "./memory-lease.js";
import type { Slot, Version } from "./version.js";

/** The leases that hold, and which keys they will take along. */
export class LeaseTable {
  readonly #runtime: Runtime;
  readonly #removeKeys: (slots: readonly Slot[], leaseId: string) => void;
  readonly #leases = new Map<string, MemoryLease>();
  #isClosed = false;

  /** `removeKeys` deletes, in one revision, those of the keys that are still on the lease. */
  constructor(runtime: Runtime, removeKeys: (slots: readonly Slot[], leaseId: string) => void) {
    this.#runtime = runtime;
    this.#removeKeys = removeKeys;
  }

  get size(): number {
    return this.#leases.size;
  }

  grant(ttlMs: number): MemoryLease {
    const lease = new MemoryLease(this.#runtime, this, ttlMs);
    this.#leases.set(lease.id, lease);
    return lease;
  }

  /** Refuses a lease that is gone; one whose time is over goes now, however late its timer is. */
  check(id: string): void {
    if (this.#isClosed) throw new StoreClosedError();
    const lease = this.#leases.get(id);
    if (lease !== undefined && this.#runtime.now() < lease.deadline()) return;
    if (lease !== undefined) this.end(lease);
    throw new LeaseNotFoundError(id);
  }

  attach({ slot, leaseId }: Version): void {
    if (leaseId !== undefined) this.#leases.get(leaseId)?.slots.add(slot);
  }

  detach({ slot, leaseId }: Version): void {
    if (leaseId !== undefined) this.#leases.get(leaseId)?.slots.delete(slot);
  }

  /** Ends a lease: its holder is told first, then its keys go. */
  end(lease: MemoryLease): void {
    if (!this.#leases.delete(lease.id)) return;
    lease.ended(new LeaseNotFoundError(lease.id));
    if (lease.slots.size > 0) this.#removeKeys([...lease.slots], lease.id);
  }

  close(): void {
    this.#isClosed = true;
    const leases = [...this.#leases.values()];
    this.#leases.clear();
    for (const lease of leases) lease.ended(new StoreClosedError());
  }
}
