import type { Runtime } from "../core/runtime.js";
import { DISABLED, PENDING, type Selectable, type Source, type Waiter } from "../core/selectable.js";
import { type WaitOptions, wait } from "../core/wait.js";
import { inspectable } from "../core/inspectable.js";
import {
  type ChannelEvent,
  type Observed,
  closed,
  nextChannel,
  opened,
  publish,
  received,
  sent,
} from "./diagnostics.js";
import { CLOSED, EMPTY, type Received, type TryReceived } from "./received.js";
import { Condition, QueuedSource, WaitQueue } from "./wait-queue.js";

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

/**
 * A receiver that is at once what both handles share, and the source of its result: most oneshots are made, sent and
 * received without any wait, so that each object more, and each base class, is felt.
 *
 * @internal
 */
export class Oneshot<T> implements Receiver<T>, Source<Received<T>>, Observed {
  static {
    inspectable(this);
  }

  readonly runtime: Runtime;
  readonly name: string | undefined;
  /** Whether nothing was sent yet, a value waits to be taken, or there is nothing more to come. */
  stage: "open" | "full" | "ended" = "open";
  receiverClosed = false;
  senderGone = false;
  private waits: WaitQueue | undefined = undefined;
  private receiverGone: Condition | undefined = undefined;
  private value: T | undefined = undefined;
  private channel = 0;
  private isGiving = false;

  constructor(runtime: Runtime, name: string | undefined) {
    this.runtime = runtime;
    this.name = name;
    if (opened.hasSubscribers) publish(opened, this);
  }

  get state(): this {
    return this;
  }

  get "~source"(): Source<T> {
    return new Value(this);
  }

  get isEmpty(): boolean {
    return this.stage !== "full";
  }

  get isTerminated(): boolean {
    return this.stage === "ended";
  }

  get queue(): WaitQueue {
    return (this.waits ??= new WaitQueue());
  }

  /** The wait until the receiver is gone or has closed. */
  get closing(): Condition {
    return (this.receiverGone ??= new Condition(() => this.receiverClosed));
  }

  recv(options?: WaitOptions): Promise<Received<T>> {
    if (options === undefined && this.stage === "full") return this.runtime.ready({ ok: true, value: this.take() });
    return wait(this.runtime, "oneshot.recv", this, options);
  }

  tryRecv(): TryReceived<T> {
    const result = this.poll();
    return result === PENDING ? EMPTY : result;
  }

  orClosed(): Selectable<Received<T>> {
    return { "~source": this };
  }

  sameChannel(other: object): boolean {
    return "state" in other && other.state === this;
  }

  send(value: T): boolean {
    this.senderGone = true;
    if (this.receiverClosed) return false;
    this.stage = "full";
    this.value = value;
    if (sent.hasSubscribers) publish(sent, this);
    if (this.waits === undefined || this.isEmpty) return true;
    // The same select may wait for the value and for the receiver to be gone, and must get the value that it takes.
    this.isGiving = true;
    this.waits.serveReady();
    this.isGiving = false;
    if (this.isTerminated) this.taken();
    return true;
  }

  /** Takes the value, of which there must be one. */
  take(): T {
    const value = this.value as T;
    this.value = undefined;
    this.stage = "ended";
    this.receiverClosed = true;
    if (!this.isGiving) this.taken();
    return value;
  }

  dropSender(): void {
    if (this.senderGone) return;
    this.senderGone = true;
    this.end();
  }

  /** Refuses a value that was not sent yet. */
  close(): void {
    if (this.receiverClosed) return;
    this.receiverClosed = true;
    if (this.stage === "open") this.end();
    this.receiverGone?.queue.serveReady();
  }

  poll(): Received<T> | typeof PENDING {
    switch (this.stage) {
      case "open":
        return PENDING;
      case "full":
        return { ok: true, value: this.take() };
      case "ended":
        return CLOSED;
    }
  }

  arm(waiter: Waiter<Received<T>>): void {
    this.queue.push(waiter);
  }

  disarm(waiter: Waiter<Received<T>>): void {
    waiter.unlink();
  }

  describe(): Omit<ChannelEvent, "missed"> {
    this.channel ||= nextChannel();
    const { channel, name, stage, senderGone, receiverClosed } = this;
    const [senders, receivers] = [senderGone ? 0 : 1, receiverClosed ? 0 : 1];
    return { kind: "oneshot", channel, name, length: stage === "full" ? 1 : 0, capacity: 1, senders, receivers };
  }

  [Symbol.dispose](): void {
    this.close();
    if (this.stage === "full") this.take();
  }

  protected shown(): readonly [string, object] {
    return ["oneshot.Receiver", { isEmpty: this.isEmpty, isTerminated: this.isTerminated }];
  }

  private taken(): void {
    if (received.hasSubscribers) publish(received, this);
    this.receiverGone?.queue.serveReady();
  }

  private end(): void {
    this.stage = "ended";
    if (closed.hasSubscribers) publish(closed, this);
    this.waits?.serveReady();
  }
}

/** The value as it is; never ready when there is none to come. */
class Value<T> extends QueuedSource<T> {
  private readonly state: Oneshot<T>;

  constructor(state: Oneshot<T>) {
    super(state.queue);
    this.state = state;
  }

  poll(): T | typeof PENDING | typeof DISABLED {
    const result = this.state.poll();
    if (result === PENDING) return PENDING;
    return result.ok ? result.value : DISABLED;
  }
}
