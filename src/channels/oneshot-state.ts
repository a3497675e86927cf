import type { Runtime } from "../core/runtime.js";
import { PENDING, type Source, type Waiter } from "../core/selectable.js";
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
import { CLOSED, type Received } from "./received.js";
import { Condition, WaitQueue } from "./wait-queue.js";

/**
 * What the two handles of a oneshot channel share; itself the source of its result.
 *
 * @remarks The queues are made when somebody waits: most oneshots are sent and received without.
 * @internal
 */
export class OneshotState<T> implements Source<Received<T>>, Observed {
  readonly runtime: Runtime;
  readonly name: string | undefined;
  /** Whether nothing was sent yet, a value waits to be taken, or there is nothing more to come. */
  stage: "open" | "full" | "ended" = "open";
  receiverClosed = false;
  senderGone = false;
  waits: WaitQueue | undefined = undefined;
  private receiverGone: Condition | undefined = undefined;
  private value: T | undefined = undefined;
  private channel = 0;

  constructor(runtime: Runtime, name: string | undefined) {
    this.runtime = runtime;
    this.name = name;
    if (opened.hasSubscribers) publish(opened, this);
  }

  get queue(): WaitQueue {
    return (this.waits ??= new WaitQueue());
  }

  /** The wait until the receiver is gone or has closed. */
  get closing(): Condition {
    return (this.receiverGone ??= new Condition(() => this.receiverClosed));
  }

  send(value: T): boolean {
    this.senderGone = true;
    if (this.receiverClosed) return false;
    this.stage = "full";
    this.value = value;
    if (sent.hasSubscribers) publish(sent, this);
    this.waits?.serveReady();
    return true;
  }

  /** Takes the value, of which there must be one. */
  take(): T {
    const value = this.value as T;
    this.value = undefined;
    this.stage = "ended";
    this.receiverClosed = true;
    if (received.hasSubscribers) publish(received, this);
    this.receiverGone?.queue.serveReady();
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

  private end(): void {
    this.stage = "ended";
    if (closed.hasSubscribers) publish(closed, this);
    this.waits?.serveReady();
  }
}
