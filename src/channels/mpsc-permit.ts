import { OwnHandle } from "./handle.js";
import type { MpscState } from "./mpsc-state.js";

/**
 * One slot, reserved: what is sent with it never waits and never fails, even after the receiver has closed.
 *
 * @remarks
 * A permit that is out keeps the channel from ending and counts as a sender. Dispose of it, or {@link Permit.release}
 * it, when there is nothing to send after all.
 */
export interface Permit<T> extends Disposable {
  /** Whether it was used or released. */
  readonly isSpent: boolean;
  /**
   * Sends `value` into the slot, at once.
   *
   * @throws TypeError when the permit was used or released before.
   */
  send(value: T): void;
  /** Gives the slot back; does nothing once the permit is spent. */
  release(): void;
  /** Whether `other` is a permit or a sender of the same channel. */
  sameChannel(other: object): boolean;
}

/**
 * Several slots, reserved together; iterate to take the permits out one by one.
 *
 * @remarks Leaving the loop keeps the rest in the batch; disposing gives it back.
 */
export interface PermitBatch<T> extends Iterable<Permit<T>>, Disposable {
  /** How many permits are left in it. */
  readonly length: number;
  /** Gives back what is left. */
  release(): void;
  /** Whether `other` is a permit or a sender of the same channel. */
  sameChannel(other: object): boolean;
}

/** Slots that are counted as reserved until they are used or given back. */
abstract class Reserved<T> extends OwnHandle<MpscState<T>> {
  length: number;

  constructor(state: MpscState<T>, length: number) {
    super(state);
    this.length = length;
    state.reserved += length;
  }

  release(): void {
    this.close();
  }

  protected leave(): void {
    this.state.release(this.length);
    this.length = 0;
  }
}

/** @internal */
export class SlotPermit<T> extends Reserved<T> implements Permit<T> {
  constructor(state: MpscState<T>) {
    super(state, 1);
  }

  get isSpent(): boolean {
    return this.isOver;
  }

  send(value: T): void {
    this.assertOpen();
    this.isOver = true;
    this.state.putReserved(value);
  }

  protected shown(): readonly [string, object] {
    return ["mpsc.Permit", this.pick("isSpent")];
  }
}

/** @internal */
export class SlotBatch<T> extends Reserved<T> implements PermitBatch<T> {
  *[Symbol.iterator](): Iterator<Permit<T>, undefined> {
    while (this.length > 0) {
      this.length -= 1;
      this.state.reserved -= 1; // the permit counts itself
      yield new SlotPermit(this.state);
    }
  }

  protected shown(): readonly [string, object] {
    return ["mpsc.PermitBatch", this.pick("length")];
  }
}
