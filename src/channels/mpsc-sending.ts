import { GrantSource } from "../core/grant-source.js";
import { DISABLED, PENDING } from "../core/selectable.js";
import { SlotPermit } from "./mpsc-permit.js";
import type { MpscState } from "./mpsc-state.js";

/**
 * The wait for a slot in which the message is made once the slot is there, in the turn of whoever waited.
 *
 * @internal
 */
export class SendingSource<T> extends GrantSource<unknown> {
  readonly #make: () => T;

  constructor(state: MpscState<T>, make: () => T) {
    super(state, 1, () => new SlotPermit(state));
    this.#make = make;
  }

  override poll(): undefined | typeof PENDING | typeof DISABLED {
    const permit = super.poll();
    if (permit === PENDING || permit === DISABLED) return permit;
    this.finish(permit);
    return undefined;
  }

  finish(committed: unknown): void {
    const permit = committed as SlotPermit<T>;
    try {
      permit.send(this.#make());
    } finally {
      permit.release();
    }
  }
}
