import type { PermitWait } from "../core/permit-queue.js";
import { DISABLED, PENDING, type Waiter } from "../core/selectable.js";
import type { SlotPermit } from "./mpsc-permit.js";
import { PermitSource } from "./mpsc-slots.js";
import type { MpscState } from "./mpsc-state.js";

/**
 * The wait for a slot in which the message is made once the slot is there, in the turn of whoever waited.
 *
 * @internal
 */
export class SendingSource<T> implements PermitWait<void> {
  readonly count = 1;
  private readonly permits: PermitSource<T>;
  private readonly make: () => T;

  constructor(state: MpscState<T>, make: () => T) {
    this.permits = new PermitSource(state, "disable");
    this.make = make;
  }

  poll(): undefined | typeof PENDING | typeof DISABLED {
    const permit = this.permits.poll();
    if (permit === PENDING || permit === DISABLED) return permit;
    this.finish(permit);
    return undefined;
  }

  arm(waiter: Waiter<unknown>): void {
    this.permits.arm(waiter);
  }

  disarm(waiter: Waiter<unknown>): void {
    this.permits.disarm(waiter);
  }

  granted(waiter: Waiter<unknown>): void {
    this.permits.granted(waiter);
  }

  refused(waiter: Waiter<unknown>): void {
    this.permits.refused(waiter);
  }

  finish(committed: unknown): void {
    const permit = committed as SlotPermit<T>;
    try {
      permit.send(this.make());
    } finally {
      permit.release();
    }
  }
}
