import { checkFunction } from "../core/check.js";
import { DISABLED, PENDING, type Selectable, type Source } from "../core/selectable.js";
import { type WaitOptions, wait } from "../core/wait.js";
import { Handle } from "./handle.js";
import { Iteration } from "./iteration.js";
import { CLOSED, type Received } from "./received.js";
import { remaining } from "../core/remaining.js";
import { QueuedSource } from "./wait-queue.js";
import type { WatchState } from "./watch-state.js";

/**
 * The half of a watch channel that sees the value.
 *
 * @remarks
 * Each receiver has seen the value up to some change; a change it has not seen comes before the end. As a branch of
 * `select` it gives each changed value, marks it seen, and is disabled at the end. Iterating gives the current value
 * first, then each change.
 */
export interface Receiver<T> extends Selectable<T>, AsyncIterable<T>, Disposable {
  /** The current value; looking does not mark it seen. */
  readonly value: T;
  /** Whether no sender is left, or this handle was closed. */
  readonly isClosed: boolean;
  /** The current value, marked seen. */
  take(): T;
  /** The current value and whether it is yet unseen. */
  peek(): { readonly value: T; readonly changed: boolean };
  /** Whether there is an unseen value; `false` as well when closed and seen. */
  hasChanged(): boolean;
  /** Lets the current value count as unseen. */
  markChanged(): void;
  /** Lets the current value count as seen. */
  markUnchanged(): void;
  /**
   * Resolves to `true` once there is an unseen value, which it marks seen; to `false` at the end.
   *
   * @remarks **Cancel safety.** If it rejects, nothing was marked.
   * @throws The signal's reason, unchanged; TimeoutError.
   */
  changed(options?: WaitOptions): Promise<boolean>;
  /**
   * Waits for a value that satisfies `accepts`, the current one included, even if seen; marks what it looked at seen.
   *
   * @remarks
   * Values that come and go in between may be missed. An error in `accepts` rejects.
   * **Cancel safety.** An abort takes nothing away.
   * @throws The signal's reason, unchanged; TimeoutError.
   */
  waitFor<S extends T>(accepts: (value: T) => value is S, options?: WaitOptions): Promise<Received<S>>;
  /** The same for a predicate that does not narrow. */
  waitFor(accepts: (value: T) => boolean, options?: WaitOptions): Promise<Received<T>>;
  /**
   * Iterates over changes only, without the current value if that was seen.
   *
   * @remarks **Cancel safety.** Leaving the loop marks nothing seen that was not given, and closes nothing.
   */
  changes(): AsyncIterable<T>;
  /** Another receiver, which has seen what this one has seen. */
  clone(): Receiver<T>;
  /** Whether `other` is a handle to the same channel. */
  sameChannel(other: object): boolean;
  /** Closes this handle and ends its waits; closing twice is harmless. */
  close(): void;
}

/** @internal */
export class StateReceiver<T> extends Handle<WatchState<T>> implements Receiver<T> {
  readonly "~source": Source<T>;
  readonly #values: Values<T>;
  readonly #changed: Changed<T>;
  #seen: number;
  #over = false;

  constructor(state: WatchState<T>, seen: number) {
    super(state);
    this.#seen = seen;
    this.#values = new Values(this);
    this.#changed = new Changed(this);
    this["~source"] = this.#values;
    state.receivers += 1;
  }

  get value(): T {
    return this.state.value;
  }

  get isClosed(): boolean {
    return this.#over || this.state.senders === 0;
  }

  take(): T {
    this.#seen = this.state.version;
    return this.state.value;
  }

  peek(): { readonly value: T; readonly changed: boolean } {
    return { value: this.state.value, changed: this.hasChanged() };
  }

  hasChanged(): boolean {
    return !this.#over && this.#seen !== this.state.version;
  }

  markChanged(): void {
    this.#seen = -1;
    this.state.changes.serveReady();
  }

  markUnchanged(): void {
    this.#seen = this.state.version;
  }

  changed(options?: WaitOptions): Promise<boolean> {
    return wait(this.state.runtime, "watch.changed", this.#changed, options);
  }

  waitFor<S extends T>(accepts: (value: T) => value is S, options?: WaitOptions): Promise<Received<S>>;
  waitFor(accepts: (value: T) => boolean, options?: WaitOptions): Promise<Received<T>>;
  async waitFor(accepts: (value: T) => boolean, options: WaitOptions = {}): Promise<Received<T>> {
    checkFunction("accepts", accepts);
    if (options.signal?.aborted === true) throw options.signal.reason;
    const { runtime } = this.state;
    const within = remaining(runtime, options);
    for (;;) {
      const value = this.take();
      if (accepts(value)) return await runtime.ready({ ok: true, value });
      if (!(await within((left) => this.changed(left)))) return CLOSED;
    }
  }

  changes(): AsyncIterable<T> {
    return { [Symbol.asyncIterator]: () => new Iteration(this.state.runtime, "watch.next", this.#values) };
  }

  clone(): Receiver<T> {
    return new StateReceiver(this.state, this.#seen);
  }

  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.state.changes.serveReady();
    this.state.dropReceiver();
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    this.markChanged();
    return new Iteration(this.state.runtime, "watch.next", this.#values);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  protected shown(): readonly [string, object] {
    return ["watch.Receiver", { hasChanged: this.hasChanged(), isClosed: this.isClosed }];
  }
}

/** Each unseen value; never ready again after the end. */
class Values<T> extends QueuedSource<T> {
  readonly #receiver: StateReceiver<T>;

  constructor(receiver: StateReceiver<T>) {
    super(receiver.state.changes);
    this.#receiver = receiver;
  }

  poll(): T | typeof PENDING | typeof DISABLED {
    if (this.#receiver.hasChanged()) return this.#receiver.take();
    return this.#receiver.isClosed ? DISABLED : PENDING;
  }
}

/** That there was an unseen value, or the end. */
class Changed<T> extends QueuedSource<boolean> {
  readonly #receiver: StateReceiver<T>;

  constructor(receiver: StateReceiver<T>) {
    super(receiver.state.changes);
    this.#receiver = receiver;
  }

  poll(): boolean | typeof PENDING {
    if (!this.#receiver.hasChanged()) return this.#receiver.isClosed ? false : PENDING;
    this.#receiver.markUnchanged();
    return true;
  }
}
