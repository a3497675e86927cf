import type { Runtime } from "../core/runtime.js";
import { List } from "../core/list.js";
import type { Source, Waiter } from "../core/selectable.js";
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
import { Chunks } from "./chunks.js";
import { SendSource } from "./mpsc-slots.js";
import { Condition, WaitQueue } from "./wait-queue.js";

/** A wait for slots: what becomes of it once it has them, or never gets them. */
export interface SlotSource<R> extends Source<R> {
  granted(waiter: Waiter<unknown>): void;
  refused(waiter: Waiter<unknown>): void;
}

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
 * Capacity is counted in slots. A slot is free, gathered by the head of the queue of senders, reserved by a permit, or
 * taken by a message. One that comes back is assigned to the head at once, so while anybody waits none is free: that
 * keeps `trySend` from barging past, and big reservations from starving.
 * @internal
 */
export class MpscState<T> implements Observed {
  readonly runtime: Runtime;
  readonly name: string | undefined;
  readonly capacity: number;
  readonly buffer: Chunks<T> = new Chunks<T>();
  readonly senders: List<Waiter<unknown>> = new List<Waiter<unknown>>();
  readonly receivers: WaitQueue = new WaitQueue();
  readonly sends: SendSource<T> = new SendSource<T>(this);
  free: number;
  /** Slots reserved by permits that are neither used nor released. */
  reserved = 0;
  strong = 1;
  weak = 0;
  /** The receiver takes no further messages. */
  closed = false;
  private readonly onDiscard: ((message: T) => void) | undefined;
  private readonly channel: number = nextChannel();
  private gone: Condition | undefined = undefined;
  private disposed = false;
  private serving = false;
  private freed = 0;

  constructor(capacity: number, { runtime, name, onDiscard }: StateOptions<T>) {
    this.capacity = capacity;
    this.free = capacity;
    this.runtime = runtime;
    this.name = name;
    this.onDiscard = onDiscard;
    if (opened.hasSubscribers) publish(opened, this);
  }

  /** The wait until the receiver takes no further messages; made when first asked for, to keep idle channels small. */
  get receiverGone(): Condition {
    return (this.gone ??= new Condition(() => this.closed));
  }

  /** Whether nothing is left and nothing can come. */
  get ended(): boolean {
    return this.buffer.length === 0 && this.reserved === 0 && (this.closed || this.strong === 0);
  }

  /** Whether no new message is accepted; permits may still bring some. */
  get refuses(): boolean {
    return this.closed || this.strong + this.reserved === 0;
  }

  /** Takes `count` slots if they are free, which they are not while anybody waits. */
  takeSlots(count: number): boolean {
    if (this.free < count) return false;
    this.free -= count;
    return true;
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

  /** Takes the oldest message, of which there must be one; its slot goes to the head of the queue. */
  take(): T {
    const message = this.buffer.shift();
    if (this.serving) this.freed += 1;
    else if (this.senders.first === undefined) this.free += 1;
    else this.assign(1);
    if (received.hasSubscribers) publish(received, this);
    return message;
  }

  /** Gives slots back that no message took. */
  giveBack(slots: number): void {
    this.assign(slots);
    this.serveReceivers();
  }

  /**
   * Ends waits for messages as long as there is something to tell them.
   *
   * @remarks
   * Slots are assigned only after the message was handed over: the same `select` may wait for both, and must not get
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
      this.assign(freed);
    }
  }

  /** Queues a wait for slots, which gathers those that are free. */
  park(waiter: Waiter<unknown>, wanted: number): void {
    waiter.wanted = wanted;
    this.senders.push(waiter);
    if (this.free > 0) {
      const { free } = this;
      this.free = 0;
      this.assign(free);
    }
  }

  /** Lets a wait for slots go; what it had gathered goes to the next. */
  leave(waiter: Waiter<unknown>): void {
    const { held } = waiter;
    waiter.unlink();
    waiter.held = 0;
    if (held > 0) this.giveBack(held);
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
    this.closed = true;
    if (closed.hasSubscribers) publish(closed, this);
    for (let waiter = this.senders.shift(); waiter !== undefined; waiter = this.senders.shift()) {
      this.free += waiter.held;
      waiter.held = 0;
      (waiter.source as SlotSource<unknown>).refused(waiter);
    }
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

  private assign(slots: number): void {
    let left = slots;
    for (let head = this.senders.first; head !== undefined && left > 0; head = this.senders.first) {
      const missing = head.wanted - head.held;
      if (missing > left) {
        head.held += left;
        return;
      }
      left -= missing;
      head.held = 0;
      this.senders.remove(head);
      (head.source as SlotSource<unknown>).granted(head);
    }
    this.free += left;
  }

  private discard(message: T): void {
    try {
      this.onDiscard?.(message);
    } catch (error) {
      this.runtime.report(error, { task: "mpsc onDiscard" });
    }
  }
}
