import { checkInteger } from "../core/check.js";
import { DISABLED, type Selectable } from "../core/selectable.js";
import { type WaitOptions, wait } from "../core/wait.js";
import { Handle } from "./handle.js";
import { Iteration } from "./iteration.js";
import { Many, Readable, Results, Values } from "./mpsc-sources.js";
import type { MpscState } from "./mpsc-state.js";
import { CLOSED, EMPTY, type Received, type TryReceived } from "./received.js";

/** How {@link Receiver.recvMany} fills an array of the caller's. */
export interface RecvIntoOptions<T> extends WaitOptions {
  /** Where the messages are appended. */
  readonly into: T[];
}

/**
 * The receiving half of an mpsc channel.
 *
 * @remarks
 * As a branch of `select` it gives messages, and is disabled at the end. Iterating ends at the end; leaving the loop
 * closes nothing. Waits are served in the order in which they came. Disposing closes it and discards what is left.
 */
export interface Receiver<T> extends Selectable<T>, AsyncIterable<T>, Disposable {
  /** Messages in the buffer. */
  readonly length: number;
  /** Whether the buffer is empty. */
  readonly isEmpty: boolean;
  /** Whether no new message is accepted: it was closed, or no sender is left. Messages may still be there. */
  readonly isClosed: boolean;
  /** Slots that are free; `Infinity` in an unbounded channel. */
  readonly capacity: number;
  /** How many slots there are; `Infinity` in an unbounded channel. */
  readonly maxCapacity: number;
  /** How many senders are open, permits included. */
  readonly senderStrongCount: number;
  /** How many weak handles to senders are open. */
  readonly senderWeakCount: number;
  /**
   * Takes the next message; waits while the channel is empty and may still get one.
   *
   * @remarks
   * The end comes once the channel is closed, drained, and no permit is out.
   * **Cancel safety.** If it rejects, no message was taken.
   * @throws The signal's reason, unchanged; TimeoutError.
   */
  recv(options?: WaitOptions): Promise<Received<T>>;
  /**
   * Takes the messages that are there, at most `max`; waits for the first. Empty at the end, and when `max` is 0.
   *
   * @remarks **Cancel safety.** If it rejects, no message was taken.
   * @throws The signal's reason, unchanged; TimeoutError; RangeError when `max` is not a non-negative integer.
   */
  recvMany(max: number, options?: WaitOptions): Promise<T[]>;
  /**
   * The same into an array of the caller's; resolves to how many were appended.
   *
   * @throws As without it; TypeError when `into` is no array.
   */
  recvMany(max: number, options: RecvIntoOptions<T>): Promise<number>;
  /** Takes the next message if one is there. */
  tryRecv(): TryReceived<T>;
  /**
   * Resolves to `true` once a message is there, without taking it, and to `false` at the end.
   *
   * @remarks
   * With `tryRecv` the safe way into code that abandons promises, such as `Promise.race`.
   * **Cancel safety.** It never takes anything.
   * @throws The signal's reason, unchanged; TimeoutError.
   */
  readable(options?: WaitOptions): Promise<boolean>;
  /** The next message or the end as a branch of `select`. */
  orClosed(): Selectable<Received<T>>;
  /**
   * The messages that are there, at most `max` and at least one, as a branch of `select`; disabled at the end.
   *
   * @throws RangeError when `max` is not a positive integer.
   */
  batch(max: number): Selectable<T[]>;
  /**
   * Iterates over batches of at most `max` messages: the fast way to iterate.
   *
   * @remarks **Cancel safety.** Leaving the loop takes no message that was not given, and closes nothing.
   * @throws RangeError when `max` is not a positive integer.
   */
  batches(max: number): AsyncIterable<T[]>;
  /** Accepts no new messages and fails those who wait to send; what is there, and what permits bring, can be read. */
  close(): void;
}

/** @internal */
export class StateReceiver<T> extends Handle<MpscState<T>> implements Receiver<T> {
  #results: Results<T> | undefined = undefined;
  #values: Values<T> | undefined = undefined;

  get "~source"(): Values<T> {
    return (this.#values ??= new Values(this.state));
  }

  get length(): number {
    return this.state.buffer.length;
  }

  get isEmpty(): boolean {
    return this.length === 0;
  }

  get isClosed(): boolean {
    return this.state.refuses;
  }

  get capacity(): number {
    return this.state.available;
  }

  get maxCapacity(): number {
    return this.state.capacity;
  }

  get senderStrongCount(): number {
    return this.state.senders;
  }

  get senderWeakCount(): number {
    return this.state.weak;
  }

  recv(options?: WaitOptions): Promise<Received<T>> {
    const { state } = this;
    // The usual case by itself: so short that it is compiled into whoever calls it.
    if (options === undefined && state.buffer.length > 0) return state.runtime.ready({ ok: true, value: state.take() });
    return wait(state.runtime, "mpsc.recv", (this.#results ??= new Results(state)), options);
  }

  recvMany(max: number, options?: WaitOptions): Promise<T[]>;
  recvMany(max: number, options: RecvIntoOptions<T>): Promise<number>;
  recvMany(max: number, options?: WaitOptions & { readonly into?: T[] }): Promise<number | T[]> {
    const into = options?.into;
    const many = wait(this.state.runtime, "mpsc.recvMany", new Many(this.state, max, []), options, into);
    if (into === undefined) return many;
    return many.then((messages) => {
      for (const message of messages) into.push(message);
      return messages.length;
    });
  }

  tryRecv(): TryReceived<T> {
    if (this.state.buffer.length > 0) return { ok: true, value: this.state.take() };
    return this.state.ended ? CLOSED : EMPTY;
  }

  readable(options?: WaitOptions): Promise<boolean> {
    return wait(this.state.runtime, "mpsc.readable", new Readable(this.state), options);
  }

  orClosed(): Selectable<Received<T>> {
    return { "~source": new Results(this.state) };
  }

  batch(max: number): Selectable<T[]> {
    return { "~source": this.#batchSource(max) };
  }

  batches(max: number): AsyncIterable<T[]> {
    const source = this.#batchSource(max);
    return { [Symbol.asyncIterator]: () => new Iteration(this.state.runtime, "mpsc.batches", source) };
  }

  close(): void {
    this.state.close();
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return new Iteration(this.state.runtime, "mpsc.next", this["~source"]);
  }

  [Symbol.dispose](): void {
    this.state.dispose();
  }

  protected shown(): readonly [string, object] {
    return ["mpsc.Receiver", this.pick("length", "capacity", "maxCapacity", "isClosed", "senderStrongCount")];
  }

  #batchSource(max: number): Many<T> {
    checkInteger("max", max, 1);
    return new Many(this.state, max, DISABLED);
  }
}
