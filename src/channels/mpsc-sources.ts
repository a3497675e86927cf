import { checkArray, checkInteger } from "../core/check.js";
import { DISABLED, PENDING } from "../core/selectable.js";
import type { MpscState } from "./mpsc-state.js";
import { CLOSED, type Received } from "./received.js";
import { QueuedSource } from "./wait-queue.js";

abstract class MessageSource<T, R> extends QueuedSource<R> {
  protected readonly state: MpscState<T>;

  constructor(state: MpscState<T>) {
    super(state.receivers);
    this.state = state;
  }
}

/** The next message in its box, or the end. */
export class Results<T> extends MessageSource<T, Received<T>> {
  poll(): Received<T> | typeof PENDING {
    if (this.state.buffer.length > 0) return this.boxed(this.state.take());
    return this.state.ended ? CLOSED : PENDING;
  }

  override boxed(value: T): Received<T> {
    return { ok: true, value };
  }
}

/** The next message as it is; never ready again after the end. */
export class Values<T> extends MessageSource<T, T> {
  poll(): T | typeof PENDING | typeof DISABLED {
    if (this.state.buffer.length > 0) return this.state.take();
    return this.state.ended ? DISABLED : PENDING;
  }

  override boxed(message: T): T {
    return message;
  }
}

/** The messages that are there, at most `max` and at least one, or the `end`. */
export class Many<T> extends MessageSource<T, T[]> {
  readonly #max: number;
  readonly #end: T[] | typeof DISABLED;

  constructor(state: MpscState<T>, max: number, end: T[] | typeof DISABLED) {
    super(state);
    this.#max = max;
    this.#end = end;
  }

  /** Takes where they will go `into` to refuse what is no array here, where it rejects the wait. */
  poll(into: unknown = []): T[] | typeof PENDING | typeof DISABLED {
    checkInteger("max", this.#max, 0);
    checkArray("into", into);
    if (this.state.buffer.length === 0 && this.#max > 0) return this.state.ended ? this.#end : PENDING;
    return this.state.takeMany(this.#max);
  }

  override boxed(message: T): T[] {
    return [message];
  }
}

/** Whether a message is there: `true` takes none, `false` is the end. */
export class Readable<T> extends MessageSource<T, boolean> {
  poll(): boolean | typeof PENDING {
    if (this.state.buffer.length > 0) return true;
    return this.state.ended ? false : PENDING;
  }
}
