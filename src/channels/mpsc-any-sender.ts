import type { Selectable } from "../core/selectable.js";
import { type WaitOptions, wait } from "../core/wait.js";
import { OwnHandle } from "./handle.js";
import type { MpscState } from "./mpsc-state.js";
import { type WeakHandle, WeakSenderHandle } from "./weak-handle.js";

/**
 * What both kinds of mpsc senders have.
 *
 * @remarks Once this handle was closed, it only tells of the channel: whatever uses it throws a TypeError.
 */
export interface AnySender<T> extends Disposable {
  /** Whether the receiver is gone or has closed; says nothing about senders. */
  readonly isClosed: boolean;
  /** How many senders are open, permits included. */
  readonly strongCount: number;
  /** How many weak handles are open. */
  readonly weakCount: number;
  /**
   * Sends `value` if there is room and nobody queues for it; tells whether it did.
   *
   * @remarks `false` means full or closed; {@link AnySender.isClosed} says which.
   * @throws TypeError when this handle was closed.
   */
  trySend(value: T): boolean;
  /**
   * Resolves once the receiver is gone or has closed.
   *
   * @remarks **Cancel safety.** An abort leaves nothing behind.
   * @throws The signal's reason, unchanged; TimeoutError; TypeError when this handle was closed.
   */
  closed(options?: WaitOptions): Promise<void>;
  /** The wait for {@link AnySender.closed} as a branch of `select`. */
  closing(): Selectable<void>;
  /** Whether `other` is a handle to the same channel. */
  sameChannel(other: object): boolean;
  /** Closes this handle, and no other; closing twice is harmless. */
  close(): void;
}

/** @internal */
export abstract class StateSender<T, Self> extends OwnHandle<MpscState<T>> implements AnySender<T> {
  get isClosed(): boolean {
    return this.state.isClosed;
  }

  get strongCount(): number {
    return this.state.senders;
  }

  get weakCount(): number {
    return this.state.weak;
  }

  trySend(value: T): boolean {
    this.assertOpen();
    if (!this.state.tryTake(1)) return false;
    this.state.put(value);
    return true;
  }

  closed(options?: WaitOptions): Promise<void> {
    if (this.isOver) return Promise.reject(this.misuse());
    return wait(this.state.runtime, "mpsc.closed", this.state.gone, options);
  }

  closing(): Selectable<void> {
    this.assertOpen();
    return { "~source": this.state.gone };
  }

  clone(): Self {
    this.assertOpen();
    this.state.strong += 1;
    return this.another();
  }

  downgrade(): WeakHandle<Self> {
    this.assertOpen();
    return new WeakSenderHandle("mpsc.WeakSender", this.state, () => this.another());
  }

  protected abstract another(): Self;

  protected leave(): void {
    this.state.dropSender();
  }
}
