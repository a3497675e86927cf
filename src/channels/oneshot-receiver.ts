import { DISABLED, PENDING, type Selectable, type Source } from "../core/selectable.js";
import { type WaitOptions, wait } from "../core/wait.js";
import { Handle } from "./handle.js";
import type { OneshotState } from "./oneshot-state.js";
import { EMPTY, type Received, type TryReceived } from "./received.js";
import { QueuedSource } from "./wait-queue.js";

/**
 * The half of a oneshot channel that receives.
 *
 * @remarks
 * It has no `then`, so that it can be passed on by async functions. As a branch of `select` it gives the value, and is
 * disabled once there is none to come. Disposing closes it and discards a value that was sent.
 */
export interface Receiver<T> extends Selectable<T>, Disposable {
  /** Whether no value is there to be taken. */
  readonly isEmpty: boolean;
  /** Whether nothing is to come any more: the value was taken, or the channel ended without one. */
  readonly isTerminated: boolean;
  /**
   * Takes the value; waits until it is sent. Without one, and after it was taken, gives the end.
   *
   * @remarks **Cancel safety.** If it rejects, the value was not taken.
   * @throws The signal's reason, unchanged; TimeoutError.
   */
  recv(options?: WaitOptions): Promise<Received<T>>;
  /** Takes the value if it is there. */
  tryRecv(): TryReceived<T>;
  /** The value or the end as a branch of `select`. */
  orClosed(): Selectable<Received<T>>;
  /** Refuses the value, unless it was sent: that can still be taken. */
  close(): void;
  /** Whether `other` is a handle to the same channel. */
  sameChannel(other: object): boolean;
}

/** @internal */
export class StateReceiver<T> extends Handle<OneshotState<T>> implements Receiver<T> {
  get "~source"(): Source<T> {
    return new Value(this.state);
  }

  get isEmpty(): boolean {
    return this.state.stage !== "full";
  }

  get isTerminated(): boolean {
    return this.state.stage === "ended";
  }

  recv(options?: WaitOptions): Promise<Received<T>> {
    return wait(this.state.runtime, "oneshot.recv", this.state, options);
  }

  tryRecv(): TryReceived<T> {
    const result = this.state.poll();
    return result === PENDING ? EMPTY : result;
  }

  orClosed(): Selectable<Received<T>> {
    return { "~source": this.state };
  }

  close(): void {
    this.state.close();
  }

  [Symbol.dispose](): void {
    this.state.close();
    if (this.state.stage === "full") this.state.take();
  }

  protected shown(): readonly [string, object] {
    return ["oneshot.Receiver", { isEmpty: this.isEmpty, isTerminated: this.isTerminated }];
  }
}

/** The value as it is; never ready when there is none to come. */
class Value<T> extends QueuedSource<T> {
  private readonly state: OneshotState<T>;

  constructor(state: OneshotState<T>) {
    super(state.queue);
    this.state = state;
  }

  poll(): T | typeof PENDING | typeof DISABLED {
    const result = this.state.poll();
    if (result === PENDING) return PENDING;
    return result.ok ? result.value : DISABLED;
  }
}
