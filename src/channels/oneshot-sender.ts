import type { Selectable } from "../core/selectable.js";
import { type WaitOptions, wait } from "../core/wait.js";
import { inspectable } from "../core/inspectable.js";
import type { Oneshot } from "./oneshot-receiver.js";

/** The half of a oneshot channel that sends. */
export interface Sender<T> extends Disposable {
  /** Whether the receiver is gone, has closed, or has its value. */
  readonly isClosed: boolean;
  /**
   * Sends the one value, at once; tells whether the receiver can still take it.
   *
   * @throws TypeError when it was used or closed before.
   */
  send(value: T): boolean;
  /**
   * Resolves once the receiver is gone, has closed, or has its value: there is no use in working on one.
   *
   * @remarks **Cancel safety.** An abort leaves nothing behind.
   * @throws The signal's reason, unchanged; TimeoutError.
   */
  closed(options?: WaitOptions): Promise<void>;
  /** The wait for {@link Sender.closed} as a branch of `select`. */
  closing(): Selectable<void>;
  /** Whether `other` is a handle to the same channel. */
  sameChannel(other: object): boolean;
  /** Gives up sending, which ends the channel; does nothing once it has sent. */
  close(): void;
}

/** @internal */
export class OneshotSender<T> implements Sender<T> {
  static {
    inspectable(this);
  }

  readonly state: Oneshot<T>;

  constructor(state: Oneshot<T>) {
    this.state = state;
  }

  get isClosed(): boolean {
    return this.state.receiverClosed;
  }

  send(value: T): boolean {
    if (this.state.senderGone) {
      throw new TypeError("Expected this oneshot sender to be unused; it has sent its value or was closed before");
    }
    return this.state.send(value);
  }

  closed(options?: WaitOptions): Promise<void> {
    return wait(this.state.runtime, "oneshot.closed", this.state.closing, options);
  }

  closing(): Selectable<void> {
    return { "~source": this.state.closing };
  }

  sameChannel(other: object): boolean {
    return this.state.sameChannel(other);
  }

  close(): void {
    this.state.dropSender();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  protected shown(): readonly [string, object] {
    return ["oneshot.Sender", { hasSent: this.state.stage === "full", isClosed: this.isClosed }];
  }
}
