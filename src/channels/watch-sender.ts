import type { Selectable } from "../core/selectable.js";
import { type WaitOptions, wait } from "../core/wait.js";
import { OwnHandle } from "./handle.js";
import { type Receiver, StateReceiver } from "./watch-receiver.js";
import type { WatchState } from "./watch-state.js";

/**
 * The half of a watch channel that changes the value.
 *
 * @remarks
 * Receivers are told that it changed, not how often: one that is slow sees the latest value only. Once this handle was
 * closed, it only tells of the channel: whatever uses it throws a TypeError.
 */
export interface Sender<T> extends Disposable {
  /** The current value. */
  readonly value: T;
  /** Whether there is no receiver now; {@link Sender.subscribe} ends that. */
  readonly isClosed: boolean;
  /** How many receivers are open. */
  readonly receiverCount: number;
  /** How many senders are open. */
  readonly senderCount: number;
  /**
   * Replaces the value and tells the receivers; without receivers it does nothing and returns `false`.
   *
   * @throws TypeError when this handle was closed.
   */
  send(value: T): boolean;
  /**
   * Replaces the value, also without receivers; returns the old one.
   *
   * @throws TypeError when this handle was closed.
   */
  sendReplace(value: T): T;
  /**
   * Replaces the value by what `next` makes of it, also without receivers.
   *
   * @remarks An error in `next` changes nothing and is thrown on.
   * @throws TypeError when this handle was closed.
   */
  update(next: (value: T) => T): void;
  /**
   * Lets `modify` change the value in place, also without receivers, and tells the receivers, always.
   *
   * @remarks An error in `modify` is thrown on: what it had changed stays changed, and nobody is told.
   * @throws TypeError when this handle was closed.
   */
  sendModify(modify: (value: T) => void): void;
  /**
   * Lets `modify` change the value in place and tells the receivers if it returns `true`; returns what it returned.
   *
   * @throws TypeError when this handle was closed.
   */
  sendIfModified(modify: (value: T) => boolean): boolean;
  /**
   * Resolves once there is no receiver.
   *
   * @remarks **Cancel safety.** An abort leaves nothing behind.
   * @throws The signal's reason, unchanged; TimeoutError; TypeError when this handle was closed.
   */
  closed(options?: WaitOptions): Promise<void>;
  /** The wait for {@link Sender.closed} as a branch of `select`. */
  closing(): Selectable<void>;
  /** A new receiver, to which the current value counts as seen. */
  subscribe(): Receiver<T>;
  /** Another handle to the same channel, to be closed on its own. */
  clone(): Sender<T>;
  /** Whether `other` is a handle to the same channel. */
  sameChannel(other: object): boolean;
  /** Closes this handle; once the last is closed, receivers see the last value and then the end. */
  close(): void;
}

/** @internal */
export class StateSender<T> extends OwnHandle<WatchState<T>> implements Sender<T> {
  get value(): T {
    return this.state.value;
  }

  get isClosed(): boolean {
    return this.state.receivers === 0;
  }

  get receiverCount(): number {
    return this.state.receivers;
  }

  get senderCount(): number {
    return this.state.senders;
  }

  send(value: T): boolean {
    this.assertOpen();
    if (this.state.receivers === 0) return false;
    this.state.store(value);
    return true;
  }

  sendReplace(value: T): T {
    this.assertOpen();
    const old = this.state.value;
    this.state.store(value);
    return old;
  }

  update(next: (value: T) => T): void {
    this.assertOpen();
    this.state.store(next(this.state.value));
  }

  sendModify(modify: (value: T) => void): void {
    this.assertOpen();
    modify(this.state.value);
    this.state.changed();
  }

  sendIfModified(modify: (value: T) => boolean): boolean {
    this.assertOpen();
    const modified = modify(this.state.value);
    if (modified) this.state.changed();
    return modified;
  }

  closed(options?: WaitOptions): Promise<void> {
    if (this.isOver) return Promise.reject(this.misuse());
    return wait(this.state.runtime, "watch.closed", this.state.unwatched, options);
  }

  closing(): Selectable<void> {
    this.assertOpen();
    return { "~source": this.state.unwatched };
  }

  subscribe(): Receiver<T> {
    this.assertOpen();
    return new StateReceiver(this.state, this.state.version);
  }

  clone(): Sender<T> {
    this.assertOpen();
    this.state.senders += 1;
    return new StateSender(this.state);
  }

  protected leave(): void {
    this.state.dropSender();
  }

  protected shown(): readonly [string, object] {
    return ["watch.Sender", this.pick("receiverCount", "senderCount", "isClosed")];
  }
}
