import { PermitQueue } from "../core/permit-queue.js";

/**
 * A value and the permits to use it.
 *
 * @internal
 */
export class LockedValue<T> extends PermitQueue {
  value: T;

  constructor(permits: number, value: T) {
    super(permits);
    this.value = value;
  }
}
