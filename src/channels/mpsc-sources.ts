import { checkInteger } from "../core/check.js";
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
    if (this.state.buffer.length > 0) return { ok: true, value: this.state.take() };
    return this.state.ended ? CLOSED : PENDING;
  }
}

/** The next message as it is; never ready again after the end. */
export class Values<T> extends MessageSource<T, T> {
  poll(): T | typeof PENDING | typeof DISABLED {
    if (this.state.buffer.length > 0) return this.state.take();
    return this.state.ended ? DISABLED : PENDING;
  }
}

/** The messages that are there, at most `max` and at least one; empty at the end. */
export class Many<T> extends MessageSource<T, T[]> {
  private readonly max: number;

  constructor(state: MpscState<T>, max: number) {
    super(state);
    this.max = max;
  }

  poll(): T[] | typeof PENDING {
    checkInteger("max", this.max, 0); // here, where it rejects the wait
    if (this.state.buffer.length === 0 && this.max > 0 && !this.state.ended) return PENDING;
    return this.state.takeMany(this.max);
  }
}

/** The same, but never ready again after the end. */
export class Batches<T> extends MessageSource<T, T[]> {
  private readonly many: Many<T>;

  constructor(state: MpscState<T>, max: number) {
    super(state);
    this.many = new Many(state, max);
  }

  poll(): T[] | typeof PENDING | typeof DISABLED {
    const batch = this.many.poll();
    return batch !== PENDING && batch.length === 0 ? DISABLED : batch;
  }
}

/** How many messages were appended to an array, at most `max`; 0 at the end. */
export class Appended<T> extends MessageSource<T, number> {
  private readonly many: Many<T>;
  private readonly into: T[];

  constructor(state: MpscState<T>, max: number, into: T[]) {
    super(state);
    this.many = new Many(state, max);
    this.into = into;
  }

  poll(): number | typeof PENDING {
    const messages = this.many.poll();
    if (messages === PENDING) return PENDING;
    for (const message of messages) this.into.push(message);
    return messages.length;
  }
}

/** Whether a message is there: `true` takes none, `false` is the end. */
export class Readable<T> extends MessageSource<T, boolean> {
  poll(): boolean | typeof PENDING {
    if (this.state.buffer.length > 0) return true;
    return this.state.ended ? false : PENDING;
  }
}
