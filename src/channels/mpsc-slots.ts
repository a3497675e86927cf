import type { PermitWait } from "../core/permit-queue.js";
import { DISABLED, PENDING, type Waiter } from "../core/selectable.js";
import { ChannelClosedError } from "./errors.js";
import { SlotBatch, SlotPermit } from "./mpsc-permit.js";
import type { MpscState } from "./mpsc-state.js";

/** What a closed channel makes of a wait for a slot: an error, or a branch that is never ready again. */
export type OnClosed = "fail" | "disable";

/**
 * The wait for a slot by one who brings a message along.
 *
 * @internal
 */
export class SendSource<T> implements PermitWait<void> {
  readonly count = 1;
  private readonly state: MpscState<T>;

  constructor(state: MpscState<T>) {
    this.state = state;
  }

  poll(payload: unknown): undefined | typeof PENDING {
    const message = payload as T;
    if (this.state.closed) throw new ChannelClosedError(message);
    if (!this.state.slots.tryTake(1)) return PENDING;
    this.state.put(message);
    return undefined;
  }

  arm(waiter: Waiter<void>): void {
    this.state.slots.push(waiter);
  }

  disarm(waiter: Waiter<void>): void {
    this.state.leaveSlots(waiter);
  }

  granted(waiter: Waiter<unknown>): void {
    this.state.store(waiter.payload as T);
    waiter.commit(undefined);
  }

  refused(waiter: Waiter<unknown>): void {
    waiter.fail(new ChannelClosedError(waiter.payload));
  }
}

/**
 * The wait for slots that are to be reserved.
 *
 * @internal
 */
export abstract class ReserveSource<T, P> implements PermitWait<P> {
  readonly count: number;
  protected readonly state: MpscState<T>;
  readonly #onClosed: OnClosed;

  constructor(state: MpscState<T>, count: number, onClosed: OnClosed) {
    this.state = state;
    this.count = count;
    this.#onClosed = onClosed;
  }

  poll(): P | typeof PENDING | typeof DISABLED {
    if (this.state.closed) {
      if (this.#onClosed === "disable") return DISABLED;
      throw new ChannelClosedError(undefined);
    }
    return this.state.slots.tryTake(this.count) ? this.#reserve() : PENDING;
  }

  arm(waiter: Waiter<P>): void {
    this.state.slots.push(waiter);
  }

  disarm(waiter: Waiter<P>): void {
    this.state.leaveSlots(waiter);
  }

  granted(waiter: Waiter<unknown>): void {
    waiter.commit(this.#reserve());
  }

  refused(waiter: Waiter<unknown>): void {
    if (this.#onClosed === "disable") waiter.disable();
    else waiter.fail(new ChannelClosedError(undefined));
  }

  protected abstract permit(count: number): P;

  #reserve(): P {
    this.state.reserved += this.count;
    return this.permit(this.count);
  }
}

/** @internal */
export class PermitSource<T> extends ReserveSource<T, SlotPermit<T>> {
  constructor(state: MpscState<T>, onClosed: OnClosed) {
    super(state, 1, onClosed);
  }

  protected permit(): SlotPermit<T> {
    return new SlotPermit(this.state);
  }
}

/** @internal */
export class BatchSource<T> extends ReserveSource<T, SlotBatch<T>> {
  protected permit(count: number): SlotBatch<T> {
    return new SlotBatch(this.state, count);
  }
}
