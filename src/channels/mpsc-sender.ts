import { checkInteger } from "../core/check.js";
import { GrantSource, type OnClosed } from "../core/grant-source.js";
import type { Selectable, Source } from "../core/selectable.js";
import { type WaitOptions, wait } from "../core/wait.js";
import { ChannelClosedError } from "./errors.js";
import { type Permit, type PermitBatch, SlotPermit, SlotBatch } from "./mpsc-permit.js";
import { type AnySender, StateSender } from "./mpsc-any-sender.js";
import type { WeakHandle } from "./weak-handle.js";

/** A sender that does not keep its channel open. */
export type WeakSender<T> = WeakHandle<Sender<T>>;

/**
 * The sending half of a bounded channel.
 *
 * @remarks
 * Clone it for each producer and close each clone; the channel ends once all are closed and the buffer is drained.
 * Everything that waits for a slot stands in one queue, first come, first served.
 */
export interface Sender<T> extends AnySender<T> {
  /** Slots that are free: neither taken by a message, nor reserved, nor set aside for the head of the queue. */
  readonly capacity: number;
  /** How many slots there are. */
  readonly maxCapacity: number;
  /**
   * Sends `value`, waiting while the channel is full.
   *
   * @remarks
   * That it resolves means that the value is in the channel, not that anybody received it.
   * **Cancel safety.** If it rejects, the value was not sent, and the place in the queue is lost. Where making the value
   * is dear or cannot be repeated, {@link Sender.reserve} first.
   * @throws ChannelClosedError, carrying the value, once the receiver is gone or has closed; the signal's reason,
   * unchanged; TimeoutError; TypeError when this handle was closed.
   */
  send(value: T, options?: WaitOptions): Promise<void>;
  /**
   * Reserves a slot, waiting while the channel is full.
   *
   * @remarks **Cancel safety.** An abort loses the place in the queue and nothing else.
   * @throws As {@link Sender.send}.
   */
  reserve(options?: WaitOptions): Promise<Permit<T>>;
  /**
   * Reserves `count` slots together; whoever is at the head of the queue gathers them as they come free.
   *
   * @remarks **Cancel safety.** An abort returns what was gathered and loses the place in the queue.
   * @throws RangeError when `count` is not an integer from 0 to {@link Sender.maxCapacity}; else as {@link Sender.send}.
   */
  reserveMany(count: number, options?: WaitOptions): Promise<PermitBatch<T>>;
  /** Reserves a slot if one is free; otherwise `undefined`, where {@link AnySender.isClosed} says why. */
  tryReserve(): Permit<T> | undefined;
  /**
   * Reserves `count` slots if they are free; otherwise `undefined`.
   *
   * @throws RangeError when `count` is not an integer from 0 to {@link Sender.maxCapacity}.
   */
  tryReserveMany(count: number): PermitBatch<T> | undefined;
  /** The wait for a slot as a branch of `select`; disabled once the channel is closed. */
  permit(): Selectable<Permit<T>>;
  /**
   * The sending of what `make` returns as a branch of `select`; `make` is called only when the branch has won.
   *
   * @remarks
   * An error in `make` returns the slot and rejects the select. Disabled once the channel is closed. Where it had to wait
   * for the slot, `make` runs in the async context (task locals included) of whoever freed it.
   */
  sending(make: () => T): Selectable<void>;
  /** Another handle to the same channel, to be closed on its own. */
  clone(): Sender<T>;
  /** A handle that does not keep the channel open. */
  downgrade(): WeakSender<T>;
}

/** @internal */
export class BoundedSender<T> extends StateSender<T, Sender<T>> implements Sender<T> {
  get capacity(): number {
    return this.state.available;
  }

  get maxCapacity(): number {
    return this.state.capacity;
  }

  send(value: T, options?: WaitOptions): Promise<void> {
    if (this.isOver) return Promise.reject(this.misuse());
    const { state } = this;
    // The usual case by itself: so short that it is compiled into whoever calls it.
    if (options === undefined && state.tryTake(1)) {
      state.put(value);
      return state.runtime.ready(undefined);
    }
    return wait(state.runtime, "mpsc.send", state as Source<void>, options, value);
  }

  reserve(options?: WaitOptions): Promise<Permit<T>> {
    if (this.isOver) return Promise.reject(this.misuse());
    return wait(this.state.runtime, "mpsc.reserve", this.#one(unsent), options);
  }

  // Async, so that a count out of range rejects like every other failure of it.
  async reserveMany(count: number, options?: WaitOptions): Promise<PermitBatch<T>> {
    return await wait(this.state.runtime, "mpsc.reserveMany", this.#several(count), options);
  }

  tryReserve(): Permit<T> | undefined {
    this.assertOpen();
    return this.state.tryTake(1) ? new SlotPermit(this.state) : undefined;
  }

  tryReserveMany(count: number): PermitBatch<T> | undefined {
    return this.#several(count).take();
  }

  permit(): Selectable<Permit<T>> {
    this.assertOpen();
    return { "~source": this.#one() };
  }

  sending(make: () => T): Selectable<void> {
    const finish = (permit: Permit<T>): void => {
      try {
        permit.send(make());
      } finally {
        permit.release();
      }
    };
    return { "~source": Object.assign(this.permit()["~source"], { finish }) as Source<unknown> as Source<void> };
  }

  protected another(): Sender<T> {
    return new BoundedSender(this.state);
  }

  protected shown(): readonly [string, object] {
    return ["mpsc.Sender", this.pick("capacity", "maxCapacity", "isClosed", "strongCount")];
  }

  #one(onClosed?: OnClosed): GrantSource<Permit<T>> {
    return new GrantSource(this.state, 1, () => new SlotPermit(this.state), onClosed);
  }

  #several(count: number): GrantSource<PermitBatch<T>> {
    this.assertOpen();
    checkInteger("count", count, 0, this.state.capacity);
    return new GrantSource(this.state, count, () => new SlotBatch(this.state, count), unsent);
  }
}

function unsent(): Error {
  return new ChannelClosedError(undefined);
}
