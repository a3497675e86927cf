import { currentRuntime } from "../core/ambient.js";
import type { Runtime } from "../core/runtime.js";
import { Deque } from "../core/deque.js";
import { PermitQueue, type PermitWait } from "../core/permit-queue.js";
import { PENDING, type Waiter } from "../core/selectable.js";
import { tryToEnd } from "../core/try-to-end.js";
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
import { ChannelClosedError } from "./errors.js";
import { Condition, type QueuedSource, WaitQueue } from "./wait-queue.js";

/** How an mpsc channel is made. */
export interface ChannelOptions<T> {
  /** What it is called where channels are observed. */
  readonly name?: string | undefined;
  /**
   * Takes each message that is discarded because the receiver was disposed; an error in it goes to the runtime's
   * `report`.
   */
  readonly onDiscard?: ((message: T) => void) | undefined;
  /** Wakes and timeouts. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/**
 * What the handles of one mpsc channel share; itself the queue of those who want slots, and the wait of those of them
 * who bring a message along.
 *
 * @remarks
 * Capacity is counted in slots. A slot is free, gathered by the head of the queue of those who wait for some, reserved
 * by a permit, or taken by a message.
 * @internal
 */
export class MpscState<T> extends PermitQueue implements Observed, PermitWait<void> {
  readonly runtime: Runtime;
  readonly name: string | undefined;
  readonly capacity: number;
  readonly count = 1;
  readonly buffer: Deque<T> = new Deque<T>();
  readonly receivers: WaitQueue = new WaitQueue();
  /** Slots reserved by permits that are neither used nor released. */
  reserved = 0;
  strong = 1;
  weak = 0;
  readonly #onDiscard: ((message: T) => void) | undefined;
  readonly #channel: number = nextChannel();
  #gone: Condition | undefined = undefined;
  #disposed = false;
  /** Slots that came free while a message is being handed over; absent while none is. */
  #freed: number | undefined = undefined;

  constructor(capacity: number, { name, onDiscard, runtime = currentRuntime() }: ChannelOptions<T> = {}) {
    super(capacity);
    this.capacity = capacity;
    this.runtime = runtime;
    this.name = name;
    this.#onDiscard = onDiscard;
    if (opened.hasSubscribers) publish(opened, this);
  }

  /** The wait until the receiver takes no further messages; made when first asked for, to keep idle channels small. */
  get gone(): Condition {
    return (this.#gone ??= new Condition(() => this.isClosed));
  }

  /** How many senders are open, permits included. */
  get senders(): number {
    return this.strong + this.reserved;
  }

  /** Whether sending has ended: no message comes any more, though some may still be there. */
  get ended(): boolean {
    return this.refuses && this.reserved === 0;
  }

  /** Whether no new message is accepted; permits may still bring some. */
  get refuses(): boolean {
    return this.isClosed || this.senders === 0;
  }

  poll(payload: unknown): undefined | typeof PENDING {
    const message = payload as T;
    if (this.isClosed) throw new ChannelClosedError(message);
    if (!this.tryTake(1)) return PENDING;
    this.put(message);
    return undefined;
  }

  granted(waiter: Waiter<unknown>): void {
    const message = waiter.payload as T;
    waiter.commit(undefined);
    this.#store(message);
  }

  /**
   * Puts a message into a slot that was taken for it, or gives it to the first of those who wait for some: past the
   * buffer, unless somebody observes it.
   */
  put(message: T): void {
    const waiter = this.receivers.first;
    if (waiter === undefined) {
      this.#store(message);
      return;
    }
    const source = waiter.source as QueuedSource<unknown>;
    if (source.boxed === undefined || sent.hasSubscribers || received.hasSubscribers || this.#freed !== undefined) {
      this.#store(message);
    } else {
      this.#freed = 1;
      waiter.unlink();
      waiter.commit(source.boxed(message));
      this.#giveFreed();
    }
    this.#serveReceivers();
  }

  /** The same with a slot that was reserved, perhaps before the receiver was disposed. */
  putReserved(message: T): void {
    this.reserved -= 1;
    if (this.#disposed) this.#discard(message);
    else this.#store(message);
    this.#serveReceivers();
  }

  /** Puts a message into its slot, and leaves it to the caller to serve receivers. */
  #store(message: T): void {
    this.buffer.push(message);
    if (sent.hasSubscribers) publish(sent, this);
  }

  /** Takes the oldest message, of which there must be one; its slot comes free. */
  take(): T {
    const message = this.buffer.shift() as T;
    this.#taken(1);
    return message;
  }

  /** Takes the oldest messages, at most `max`; their slots come free together. */
  takeMany(max: number): T[] {
    const messages = this.buffer.takeMany(max);
    this.#taken(messages.length);
    return messages;
  }

  /** Frees slots that were reserved and that no message took. */
  release(slots: number): void {
    this.reserved -= slots;
    this.give(slots);
    this.#serveReceivers();
  }

  /** Lets one who waits for slots go; those it had gathered may let messages in. */
  override disarm(waiter: Waiter<unknown>): void {
    super.disarm(waiter);
    this.#serveReceivers();
  }

  /**
   * Ends waits for messages as long as there is something to tell them.
   *
   * @remarks
   * Slots come free, and others are told, only after the message was handed over: the same `select` may wait for more,
   * and must not get that while it is being given the message.
   */
  #serveReceivers(): void {
    if (this.#freed !== undefined) return;
    while (this.receivers.first !== undefined && (this.buffer.length > 0 || this.ended)) {
      this.#freed = 0;
      tryToEnd(this.receivers.first);
      this.#giveFreed();
    }
  }

  #giveFreed(): void {
    const freed = this.#freed ?? 0;
    this.#freed = undefined;
    this.#taken(freed);
  }

  dropSender(): void {
    this.strong -= 1;
    if (this.strong > 0) return;
    if (closed.hasSubscribers) publish(closed, this);
    this.#serveReceivers();
  }

  /** Refuses new messages and fails those who wait to send; messages and permits stay. */
  override close(): void {
    if (this.isClosed) return;
    super.close();
    if (closed.hasSubscribers) publish(closed, this);
    this.#gone?.queue.serveReady();
    this.#serveReceivers();
  }

  /** Closes, and discards what is there and what permits may still bring. */
  dispose(): void {
    this.#disposed = true;
    this.close();
    while (this.buffer.length > 0) this.#discard(this.take());
  }

  describe(): Omit<ChannelEvent, "missed"> {
    return {
      kind: "mpsc",
      channel: this.#channel,
      name: this.name,
      length: this.buffer.length,
      capacity: this.capacity,
      senders: this.strong,
      receivers: this.isClosed ? 0 : 1,
    };
  }

  /** Frees the slots of messages that were taken, and tells of it, once they are handed over. */
  #taken(count: number): void {
    if (this.#freed === undefined) {
      this.give(count);
      for (; count > 0 && received.hasSubscribers; count -= 1) publish(received, this);
    } else this.#freed += count;
  }

  #discard(message: T): void {
    try {
      this.#onDiscard?.(message);
    } catch (error) {
      this.runtime.report(error, { task: "onDiscard" });
    }
  }
}
