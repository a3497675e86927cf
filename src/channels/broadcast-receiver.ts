import { checkOneOf } from "../core/check.js";
import { DISABLED, PENDING, type Selectable, type Source } from "../core/selectable.js";
import { type WaitOptions, wait } from "../core/wait.js";
import type { BroadcastState } from "./broadcast-state.js";
import { LaggedError } from "./errors.js";
import { Handle } from "./handle.js";
import { Iteration } from "./iteration.js";
import { CLOSED, type Closed, EMPTY, type Empty, type Lagged } from "./received.js";
import { QueuedSource } from "./wait-queue.js";

/** A message of a broadcast, or how many were missed before the next one. */
export type Item<T> = { readonly ok: true; readonly value: T } | Lagged;

/** How {@link Receiver.messages} treats messages that were missed. */
export interface IterateOptions<L extends LagPolicy = LagPolicy> {
  /** What a lag does: throw, skip silently, or be reported as an item. @defaultValue `"throw"` */
  readonly lag?: L | undefined;
}

/** `"throw"` a {@link LaggedError}, `"skip"` without a word, or `"report"` as an item of its own. */
export type LagPolicy = "throw" | "skip" | "report";

/**
 * The half of a broadcast channel that receives.
 *
 * @remarks
 * Each receiver gets every message that is sent while it is open, unless it lags behind by more than the capacity: then
 * it is told how many it missed, and goes on with the oldest message that is kept. As a branch of `select` it gives
 * messages in boxes and lags, and is disabled at the end. Iterating throws a {@link LaggedError} on a lag.
 */
export interface Receiver<T> extends Selectable<Item<T>>, AsyncIterable<T>, Disposable {
  /** Messages it has yet to see, overwritten ones included: above the capacity it has lagged. */
  readonly length: number;
  /** Whether it has seen every message. */
  readonly isEmpty: boolean;
  /** Whether no sender is left, or this handle was closed. Messages may still be there. */
  readonly isClosed: boolean;
  /** How many senders are open. */
  readonly senderStrongCount: number;
  /** How many weak handles to senders are open. */
  readonly senderWeakCount: number;
  /**
   * Takes the next message; waits while there is none and may still be one.
   *
   * @remarks **Cancel safety.** If it rejects, no message was taken.
   * @throws The signal's reason, unchanged; TimeoutError.
   */
  recv(options?: WaitOptions): Promise<Item<T> | Closed>;
  /** Takes the next message if one is there. */
  tryRecv(): Item<T> | Closed | Empty;
  /** The next message, a lag or the end as a branch of `select`. */
  orClosed(): Selectable<Item<T> | Closed>;
  /**
   * Iterates, telling of lags in items of their own.
   *
   * @remarks **Cancel safety.** Leaving the loop takes no message that was not given, and closes nothing.
   */
  messages(options: { readonly lag: "report" }): AsyncIterable<Item<T>>;
  /**
   * Iterates over messages, with a say in what a lag does.
   *
   * @remarks **Cancel safety.** Leaving the loop takes no message that was not given, and closes nothing.
   * @throws TypeError when `lag` is none of its values.
   */
  messages(options?: IterateOptions<"throw" | "skip">): AsyncIterable<T>;
  /** A new receiver, of what is sent from now on. */
  resubscribe(): Receiver<T>;
  /** Whether `other` is a handle to the same channel. */
  sameChannel(other: object): boolean;
  /** Closes this handle and ends its waits; closing twice is harmless. */
  close(): void;
}

/** @internal */
export class StateReceiver<T> extends Handle<BroadcastState<T>> implements Receiver<T> {
  readonly "~source": Source<Item<T>>;
  private readonly results: Results<T>;
  private readonly items: Items<T>;
  /** The number of the next message to see. */
  private next: number;
  private isOver = false;

  constructor(state: BroadcastState<T>) {
    super(state);
    this.next = state.tail;
    this.results = new Results(this);
    this.items = new Items(this);
    this["~source"] = this.items;
    state.receivers += 1;
  }

  get length(): number {
    return this.isOver ? 0 : this.state.tail - this.next;
  }

  get isEmpty(): boolean {
    return this.length === 0;
  }

  get isClosed(): boolean {
    return this.isOver || this.state.strong === 0;
  }

  get senderStrongCount(): number {
    return this.state.strong;
  }

  get senderWeakCount(): number {
    return this.state.weak;
  }

  recv(options?: WaitOptions): Promise<Item<T> | Closed> {
    return wait(this.state.runtime, "broadcast.recv", this.results, options);
  }

  tryRecv(): Item<T> | Closed | Empty {
    if (this.isEmpty) return this.isClosed ? CLOSED : EMPTY;
    return this.take();
  }

  /** Takes the next message, of which there must be one. */
  take(): Item<T> {
    const { state, next } = this;
    const missed = state.head - next;
    if (missed > 0) {
      this.next = state.head;
      state.lagged(missed);
      return { ok: false, reason: "lagged", missed };
    }
    this.next = next + 1;
    return { ok: true, value: state.take(next) };
  }

  orClosed(): Selectable<Item<T> | Closed> {
    return { "~source": this.results };
  }

  messages(options: { readonly lag: "report" }): AsyncIterable<Item<T>>;
  messages(options?: IterateOptions<"throw" | "skip">): AsyncIterable<T>;
  messages({ lag = "throw" }: IterateOptions = {}): AsyncIterable<Item<T> | T> {
    checkOneOf("lag", lag, ["throw", "skip", "report"]);
    const source: QueuedSource<Item<T> | T> = lag === "report" ? this.items : new Messages(this, lag);
    return { [Symbol.asyncIterator]: () => new Iteration(this.state.runtime, "broadcast.next", source) };
  }

  resubscribe(): Receiver<T> {
    return new StateReceiver(this.state);
  }

  close(): void {
    if (this.isOver) return;
    const { next } = this;
    this.isOver = true;
    this.state.dropReceiver(next);
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return new Iteration(this.state.runtime, "broadcast.next", new Messages(this, "throw"));
  }

  [Symbol.dispose](): void {
    this.close();
  }

  protected shown(): readonly [string, object] {
    return ["broadcast.Receiver", this.pick("length", "isClosed", "senderStrongCount")];
  }
}

abstract class ReceiverSource<T, R> extends QueuedSource<R> {
  protected readonly receiver: StateReceiver<T>;

  constructor(receiver: StateReceiver<T>) {
    super(receiver.state.waits);
    this.receiver = receiver;
  }
}

class Results<T> extends ReceiverSource<T, Item<T> | Closed> {
  poll(): Item<T> | Closed | typeof PENDING {
    if (!this.receiver.isEmpty) return this.receiver.take();
    return this.receiver.isClosed ? CLOSED : PENDING;
  }
}

class Items<T> extends ReceiverSource<T, Item<T>> {
  poll(): Item<T> | typeof PENDING | typeof DISABLED {
    if (!this.receiver.isEmpty) return this.receiver.take();
    return this.receiver.isClosed ? DISABLED : PENDING;
  }
}

class Messages<T> extends ReceiverSource<T, T> {
  private readonly lag: "throw" | "skip";

  constructor(receiver: StateReceiver<T>, lag: "throw" | "skip") {
    super(receiver);
    this.lag = lag;
  }

  poll(): T | typeof PENDING | typeof DISABLED {
    while (!this.receiver.isEmpty) {
      const item = this.receiver.take();
      if (item.ok) return item.value;
      if (this.lag === "throw") throw new LaggedError(item.missed);
    }
    return this.receiver.isClosed ? DISABLED : PENDING;
  }
}
