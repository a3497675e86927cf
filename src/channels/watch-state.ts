import type { Runtime } from "../core/runtime.js";
import { type ChannelEvent, type Observed, closed, nextChannel, opened, publish, sent } from "./diagnostics.js";
import { Condition, WaitQueue } from "./wait-queue.js";

/** What a watch channel is made with. */
export interface StateOptions<T> {
  readonly runtime: Runtime;
  readonly name: string | undefined;
  readonly equals: ((current: T, next: T) => boolean) | undefined;
}

/**
 * What the handles of one watch channel share: the value, and how often it changed.
 *
 * @internal
 */
export class WatchState<T> implements Observed {
  readonly runtime: Runtime;
  readonly name: string | undefined;
  /** Waits for a change. */
  readonly changes: WaitQueue = new WaitQueue();
  readonly unwatched: Condition = new Condition(() => this.receivers === 0);
  value: T;
  /** Counts changes; a receiver that has seen fewer has one to see. */
  version = 0;
  senders = 1;
  receivers = 0;
  readonly #equals: ((current: T, next: T) => boolean) | undefined;
  readonly #channel: number = nextChannel();

  constructor(value: T, { runtime, name, equals }: StateOptions<T>) {
    this.value = value;
    this.runtime = runtime;
    this.name = name;
    this.#equals = equals;
    if (opened.hasSubscribers) publish(opened, this);
  }

  /** Stores `value` and tells everybody, unless it equals the current one. */
  store(value: T): void {
    if (this.#equals?.(this.value, value) === true) return;
    this.value = value;
    this.changed();
  }

  changed(): void {
    this.version += 1;
    if (sent.hasSubscribers) publish(sent, this);
    if (this.changes.first !== undefined) this.changes.serveReady();
  }

  dropSender(): void {
    this.senders -= 1;
    if (this.senders > 0) return;
    if (closed.hasSubscribers) publish(closed, this);
    this.changes.serveReady();
  }

  dropReceiver(): void {
    this.receivers -= 1;
    if (this.receivers === 0) this.unwatched.queue.serveReady();
  }

  describe(): Omit<ChannelEvent, "missed"> {
    const { name, senders, receivers } = this;
    return { kind: "watch", channel: this.#channel, name, length: 1, capacity: 1, senders, receivers };
  }
}
