import type { Runtime } from "../core/runtime.js";
import {
  type ChannelEvent,
  type Observed,
  closed,
  lagged,
  nextChannel,
  opened,
  publish,
  received,
  sent,
} from "./diagnostics.js";
import { Condition, WaitQueue } from "./wait-queue.js";

const smallest = 8;

/**
 * What the handles of one broadcast channel share: the last messages, each kept until every receiver has seen it.
 *
 * @remarks
 * Messages are numbered; `tail` is the number of the next one, `head` of the oldest that is kept. Slots stand in a ring
 * that grows on demand. Of each it is known how many receivers have yet to see it, so that nothing is retained longer.
 * @internal
 */
export class BroadcastState<T> implements Observed {
  readonly runtime: Runtime;
  readonly name: string | undefined;
  readonly capacity: number;
  readonly waits: WaitQueue = new WaitQueue();
  readonly unheard: Condition = new Condition(() => this.receivers === 0);
  head = 0;
  tail = 0;
  strong = 1;
  weak = 0;
  receivers = 0;
  /** Messages taken by waits that are being ended, and not told of yet; absent while none is. */
  private taken: number | undefined = undefined;
  private readonly channel: number = nextChannel();
  private values: (T | undefined)[] = [];
  private unseen: number[] = [];

  constructor(capacity: number, runtime: Runtime, name: string | undefined) {
    this.capacity = capacity;
    this.runtime = runtime;
    this.name = name;
    if (opened.hasSubscribers) publish(opened, this);
  }

  get senders(): number {
    return this.strong;
  }

  /** Stores a message for every receiver; overwrites the oldest if need be. */
  send(message: T): number {
    const { receivers } = this;
    if (receivers === 0) return 0;
    const length = this.tail - this.head;
    if (length === this.capacity) this.overwrite();
    else if (length === this.values.length) this.grow();
    const slot = this.tail & (this.values.length - 1);
    this.values[slot] = message;
    this.unseen[slot] = receivers;
    this.tail += 1;
    if (sent.hasSubscribers) publish(sent, this);
    if (this.waits.first !== undefined) this.serve();
    return receivers;
  }

  /** Hands message `number` to one receiver. */
  take(number: number): T {
    const slot = number & (this.values.length - 1);
    const message = this.values[slot] as T;
    this.see(number, slot);
    this.tell(1);
    return message;
  }

  /** A receiver leaves that has seen everything before `next`. */
  dropReceiver(next: number): void {
    for (let number = Math.max(next, this.head); number < this.tail; number += 1) {
      this.see(number, number & (this.values.length - 1));
    }
    this.receivers -= 1;
    this.serve();
    if (this.receivers === 0) this.unheard.queue.serveReady();
  }

  dropSender(): void {
    this.strong -= 1;
    if (this.strong > 0) return;
    if (closed.hasSubscribers) publish(closed, this);
    this.serve();
  }

  lagged(missed: number): void {
    if (lagged.hasSubscribers) publish(lagged, this, { missed });
  }

  describe(): Omit<ChannelEvent, "missed"> {
    const { name, channel, capacity, strong: senders, receivers } = this;
    return { kind: "broadcast", channel, name, length: this.tail - this.head, capacity, senders, receivers };
  }

  /** Ends waits, and tells of it only then: whoever hears it may end other waits of the same `select`. */
  private serve(): void {
    this.taken = 0;
    this.waits.serveReady();
    const { taken } = this;
    this.taken = undefined;
    this.tell(taken);
  }

  private tell(taken: number): void {
    if (this.taken !== undefined) this.taken += taken;
    else for (; taken > 0 && received.hasSubscribers; taken -= 1) publish(received, this);
  }

  private see(number: number, slot: number): void {
    const left = (this.unseen[slot] ?? 0) - 1;
    this.unseen[slot] = left;
    if (left > 0) return;
    // The slowest receiver sees the messages in order, so this one is the oldest.
    this.values[slot] = undefined;
    this.head = number + 1;
  }

  private overwrite(): void {
    this.values[this.head & (this.values.length - 1)] = undefined;
    this.head += 1;
  }

  private grow(): void {
    const { values, unseen, head, tail } = this;
    const size = Math.max(smallest, values.length * 2);
    this.values = new Array<T | undefined>(size).fill(undefined);
    this.unseen = new Array<number>(size).fill(0);
    for (let number = head; number < tail; number += 1) {
      this.values[number & (size - 1)] = values[number & (values.length - 1)];
      this.unseen[number & (size - 1)] = unseen[number & (values.length - 1)] ?? 0;
    }
  }
}
