import type { Selectable } from "../core/selectable.js";
import { type WaitOptions, wait } from "../core/wait.js";
import { type Receiver, StateReceiver } from "./broadcast-receiver.js";
import type { BroadcastState } from "./broadcast-state.js";
import { OwnHandle } from "./handle.js";
import { type WeakHandle, WeakSenderHandle } from "./weak-handle.js";

/** A sender that does not keep its channel open. */
export type WeakSender<T> = WeakHandle<Sender<T>>;

/**
 * The half of a broadcast channel that sends.
 *
 * @remarks
 * It never waits: a receiver that is too slow loses the oldest messages, and is told how many. Once this handle was
 * closed, it only tells of the channel: whatever uses it throws a TypeError.
 */
export interface Sender<T> extends Disposable {
  /** Messages that some receiver has yet to see, at most the capacity. */
  readonly length: number;
  /** Whether every receiver has seen every message. */
  readonly isEmpty: boolean;
  /** Whether there is no receiver now; {@link Sender.subscribe} ends that. */
  readonly isClosed: boolean;
  /** How many receivers are open. */
  readonly receiverCount: number;
  /** How many senders are open. */
  readonly strongCount: number;
  /** How many weak handles to senders are open. */
  readonly weakCount: number;
  /**
   * Sends `message` to every receiver; returns how many there are. With none it does nothing and returns 0.
   *
   * @throws TypeError when this handle was closed.
   */
  send(message: T): number;
  /** A new receiver, of what is sent from now on. */
  subscribe(): Receiver<T>;
  /**
   * Resolves once there is no receiver.
   *
   * @remarks **Cancel safety.** An abort leaves nothing behind.
   * @throws The signal's reason, unchanged; TimeoutError; TypeError when this handle was closed.
   */
  closed(options?: WaitOptions): Promise<void>;
  /** The wait for {@link Sender.closed} as a branch of `select`. */
  closing(): Selectable<void>;
  /** Another handle to the same channel, to be closed on its own. */
  clone(): Sender<T>;
  /** A handle that does not keep the channel open. */
  downgrade(): WeakSender<T>;
  /** Whether `other` is a handle to the same channel. */
  sameChannel(other: object): boolean;
  /** Closes this handle; once the last is closed, receivers get what is kept for them and then the end. */
  close(): void;
}

/** @internal */
export class StateSender<T> extends OwnHandle<BroadcastState<T>> implements Sender<T> {
  get length(): number {
    return this.state.tail - this.state.head;
  }

  get isEmpty(): boolean {
    return this.length === 0;
  }

  get isClosed(): boolean {
    return this.state.receivers === 0;
  }

  get receiverCount(): number {
    return this.state.receivers;
  }

  get strongCount(): number {
    return this.state.strong;
  }

  get weakCount(): number {
    return this.state.weak;
  }

  send(message: T): number {
    this.assertOpen();
    return this.state.send(message);
  }

  subscribe(): Receiver<T> {
    this.assertOpen();
    return new StateReceiver(this.state);
  }

  closed(options?: WaitOptions): Promise<void> {
    if (this.isOver) return Promise.reject(this.misuse());
    return wait(this.state.runtime, "broadcast.closed", this.state.unheard, options);
  }

  closing(): Selectable<void> {
    this.assertOpen();
    return { "~source": this.state.unheard };
  }

  clone(): Sender<T> {
    this.assertOpen();
    this.state.strong += 1;
    return new StateSender(this.state);
  }

  downgrade(): WeakSender<T> {
    this.assertOpen();
    return new WeakSenderHandle("broadcast.WeakSender", this.state, () => new StateSender(this.state));
  }

  protected leave(): void {
    this.state.dropSender();
  }

  protected shown(): readonly [string, object] {
    return ["broadcast.Sender", this.pick("length", "receiverCount", "strongCount")];
  }
}
