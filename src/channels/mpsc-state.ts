import type { Runtime } from "../core/runtime.js";
import { Deque } from "../core/deque.js";
import { PermitQueue } from "../core/permit-queue.js";
import type { Waiter } from "../core/selectable.js";
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
import { SendSource } from "./mpsc-slots.js";
import { Condition, WaitQueue } from "./wait-queue.js";

/** What a channel is made with. */
export interface StateOptions<T> {
  readonly runtime: Runtime;
  readonly name: string | undefined;
  readonly onDiscard: ((message: T) => void) | undefined;
}

/**
 * What the handles of one mpsc channel share.
 *
 * @remarks
 * Capacity is counted in slots. A slot is free, gathered by the head of the queue of those who wait for some, reserved
 * by a permit, or taken by a message.
 * @internal
 */
export class MpscState<T> implements Observed {
  readonly runtime: Runtime;
  readonly name: string | undefined;
  readonly capacity: number;
  readonly buffer: Deque<T> = new Deque<T>();
  /** Slots that are neither reserved nor taken; closed once the receiver takes no further messages. */
  readonly slots: PermitQueue;
  readonly receivers: WaitQueue = new WaitQueue();
  readonly sends: SendSource<T> = new SendSource<T>(this);
  /** Slots reserved by permits that are neither used nor released. */
  reserved = 0;
  strong = 1;
  weak = 0;
  private readonly onDiscard: ((message: T) => void) | undefined;
  private readonly channel: number = nextChannel();
  private gone: Condition | undefined = undefined;
  private disposed = false;
  private serving = false;
  private freed = 0;

  constructor(capacity: number, { runtime, name, onDiscard }: StateOptions<T>) {
    this.capacity = capacity;
    this.slots = new PermitQueue(capacity);
    this.runtime = runtime;
    this.name = name;
    this.onDiscard = onDiscard;
    if (opened.hasSubscribers) publish(opened, this);
  }

  /** The wait until the receiver takes no further messages; made when first asked for, to keep idle channels small. */
  get receiverGone(): Condition {
    return (this.gone ??= new Condition(() => this.closed));
  }

  get closed(): boolean {
    return this.slots.isClosed;
  }

  /** Whether nothing is left and nothing can come. */
  get ended(): boolean {
    return this.buffer.length === 0 && this.reserved === 0 && (this.closed || this.strong === 0);
  }

  /** Whether no new message is accepted; permits may still bring some. */
  get refuses(): boolean {
    return this.closed || this.strong + this.reserved === 0;
  }

  /** Puts a message into a slot that was taken for it. */
  put(message: T): void {
    this.store(message);
    if (this.receivers.first !== undefined) this.serveReceivers();
  }

  /** Puts a message into its slot, and leaves it to the caller to serve receivers. */
  store(message: T): void {
    if (this.disposed) {
      this.discard(message);
      return;
    }
    this.buffer.push(message);
    if (sent.hasSubscribers) publish(sent, this);
  }

  /** Takes the oldest message, of which there must be one; its slot comes free. */
  take(): T {
    const message = this.buffer.shift() as T;
    this.freeSlots(1);
    if (received.hasSubscribers) publish(received, this);
    return message;
  }

  /** Takes the oldest messages, at most `max`; their slots come free together. */
  takeMany(max: number): T[] {
    const messages = this.buffer.shiftMany(max);
    this.freeSlots(messages.length);
    if (received.hasSubscribers) for (let left = messages.length; left > 0; left -= 1) publish(received, this);
    return messages;
  }

  /** Gives slots back that no message took. */
  giveBack(slots: number): void {
    this.slots.give(slots);
    this.serveReceivers();
  }

  /** Lets one who waits for slots go; those it had gathered may let messages in. */
  leaveSlots(waiter: Waiter<unknown>): void {
    this.slots.leave(waiter);
    this.serveReceivers();
  }

  /**
   * Ends waits for messages as long as there is something to tell them.
   *
   * @remarks
   * Slots come free only after the message was handed over: the same `select` may wait for both, and must not get
   * the slot while it is being given the message.
   */
  serveReceivers(): void {
    if (this.serving) return;
    while (this.receivers.first !== undefined && (this.buffer.length > 0 || this.ended)) {
      this.serving = true;
      this.receivers.serveFirst();
      this.serving = false;
      const freed = this.freed;
      this.freed = 0;
      this.slots.give(freed);
    }
  }

  dropSender(): void {
    this.strong -= 1;
    if (this.strong > 0) return;
    if (closed.hasSubscribers) publish(closed, this);
    this.serveReceivers();
  }

  /** Refuses new messages and fails those who wait to send; messages and permits stay. */
  close(): void {
    if (this.closed) return;
    this.slots.close();
    if (closed.hasSubscribers) publish(closed, this);
    this.gone?.queue.serveAll();
    this.serveReceivers();
  }

  /** Closes, and discards what is there and what permits may still bring. */
  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.close();
    while (this.buffer.length > 0) this.discard(this.take());
    this.serveReceivers();
  }

  describe(): Omit<ChannelEvent, "missed"> {
    const { name, capacity, strong: senders } = this;
    const receivers = this.closed ? 0 : 1;
    return { kind: "mpsc", channel: this.channel, name, length: this.buffer.length, capacity, senders, receivers };
  }

  private freeSlots(count: number): void {
    if (this.serving) this.freed += count;
    else this.slots.give(count);
  }

  private discard(message: T): void {
    try {
      this.onDiscard?.(message);
    } catch (error) {
      this.runtime.report(error, { task: "mpsc onDiscard" });
    }
  }
}
