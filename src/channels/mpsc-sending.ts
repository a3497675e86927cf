import { DISABLED, PENDING, type Waiter } from "../core/selectable.js";
import { SlotPermit } from "./mpsc-permit.js";
import type { MpscState, SlotSource } from "./mpsc-state.js";

/**
 * The wait for a slot in which the message is made once the slot is there, in the turn of whoever waited.
 *
 * @internal
 */
export class SendingSource<T> implements SlotSource<void> {
  readonly #state: MpscState<T>;
  readonly #make: () => T;

  constructor(state: MpscState<T>, make: () => T) {
    this.#state = state;
    this.#make = make;
  }

  poll(): undefined | typeof PENDING | typeof DISABLED {
    if (this.#state.closed) return DISABLED;
    if (!this.#state.takeSlots(1)) return PENDING;
    this.finish(this.#reserve());
    return undefined;
  }

  arm(waiter: Waiter<void>): void {
    this.#state.park(waiter, 1);
  }

  disarm(waiter: Waiter<void>): void {
    this.#state.leave(waiter);
  }

  granted(waiter: Waiter<unknown>): void {
    waiter.commit(this.#reserve());
  }

  refused(waiter: Waiter<unknown>): void {
    waiter.disable();
  }

  finish(committed: unknown): void {
    // Not `using`: its lowered form would be a twentieth of what an import of mpsc costs.
    const permit = committed as SlotPermit<T>;
    try {
      permit.send(this.#make());
    } finally {
      permit.release();
    }
  }

  #reserve(): SlotPermit<T> {
    this.#state.reserved += 1;
    return new SlotPermit(this.#state);
  }
}
