/**
 * The least code that does a bounded channel's job: first in, first out, results in boxes, and the event loop turning
 * after 256 operations. No closing, cancelling, permits, handles or checks.
 *
 * @module
 */
import { setImmediate } from "node:timers";

/** The box of a received message. */
export interface Box<T> {
  readonly ok: true;
  readonly value: T;
}

/** A power-of-two ring. */
export class Ring<T> {
  length = 0;
  private readonly slots: (T | undefined)[];
  private readonly mask: number;
  private head = 0;

  constructor(capacity: number) {
    const size = 2 ** Math.ceil(Math.log2(capacity));
    this.slots = new Array<T | undefined>(size).fill(undefined);
    this.mask = size - 1;
  }

  push(value: T): void {
    this.slots[(this.head + this.length) & this.mask] = value;
    this.length += 1;
  }

  shift(): T | undefined {
    const value = this.slots[this.head];
    this.slots[this.head] = undefined;
    this.head = (this.head + 1) & this.mask;
    this.length -= 1;
    return value;
  }
}

interface Waiting {
  readonly resolve: (value: never) => void;
  value: unknown;
}

let left = 256;
let deferred: Waiting[] = [];

function settle(waiting: Waiting): void {
  if (left > 0) {
    left -= 1;
    waiting.resolve(waiting.value as never);
  } else {
    defer(waiting);
  }
}

function ready<T>(value: T): Promise<T> {
  if (left > 0) {
    left -= 1;
    return Promise.resolve(value);
  }
  return new Promise((resolve) => {
    defer({ resolve, value });
  });
}

function defer(waiting: Waiting): void {
  deferred.push(waiting);
  if (deferred.length > 1) return;
  setImmediate(() => {
    const released = deferred;
    deferred = [];
    left = 256;
    for (const next of released) next.resolve(next.value as never);
  });
}

/** The channel itself. */
export class MinimalChannel<T> {
  private readonly ring: Ring<T>;
  private readonly capacity: number;
  private readonly receivers = new Ring<Waiting>(64);
  private readonly senders = new Ring<Waiting>(64);

  constructor(capacity: number) {
    this.capacity = capacity;
    this.ring = new Ring(capacity);
  }

  trySend(value: T): boolean {
    const receiver = this.receivers.length > 0 ? this.receivers.shift() : undefined;
    if (receiver !== undefined) {
      receiver.value = { ok: true, value };
      settle(receiver);
      return true;
    }
    if (this.ring.length === this.capacity) return false;
    this.ring.push(value);
    return true;
  }

  send(value: T): Promise<void> {
    if (this.trySend(value)) return ready(undefined);
    return new Promise((resolve) => {
      this.senders.push({ resolve, value });
    });
  }

  tryRecv(): Box<T> | undefined {
    if (this.ring.length === 0) return undefined;
    const value = this.ring.shift() as T;
    const sender = this.senders.length > 0 ? this.senders.shift() : undefined;
    if (sender !== undefined) {
      this.ring.push(sender.value as T);
      sender.value = undefined;
      settle(sender);
    }
    return { ok: true, value };
  }

  recv(): Promise<Box<T>> {
    const box = this.tryRecv();
    if (box !== undefined) return ready(box);
    return new Promise((resolve) => {
      this.receivers.push({ resolve, value: undefined });
    });
  }
}
