import type { Selectable } from "../core/selectable.js";
import { type WaitOptions, wait } from "../core/wait.js";
import { ownHandleClosed } from "./errors.js";
import { Handle } from "./handle.js";
import type { MpscState } from "./mpsc-state.js";

/** What both kinds of mpsc senders have. */
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
export abstract class StateSender<T> extends Handle<MpscState<T>> implements AnySender<T> {
  protected isOver = false;

  get isClosed(): boolean {
    return this.state.closed;
  }

  get strongCount(): number {
    return this.state.strong + this.state.reserved;
  }

  get weakCount(): number {
    return this.state.weak;
  }

  trySend(value: T): boolean {
    this.assertOpen();
    if (!this.state.slots.tryTake(1)) return false;
    this.state.put(value);
    return true;
  }

  closed(options?: WaitOptions): Promise<void> {
    if (this.isOver) return Promise.reject(this.misuse());
    return wait(this.state.runtime, "mpsc.closed", this.state.receiverGone, options);
  }

  closing(): Selectable<void> {
    this.assertOpen();
    return { "~source": this.state.receiverGone };
  }

  close(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.state.dropSender();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  protected assertOpen(): void {
    if (this.isOver) throw this.misuse();
  }

  protected misuse(): TypeError {
    return ownHandleClosed("mpsc sender");
  }
}
