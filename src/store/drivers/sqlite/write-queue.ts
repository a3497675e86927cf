import { Deque } from "../../../core/deque.js";
import type { SharedSlots } from "./request-slots.js";
import { bytesOf } from "./txn-packing.js";
import type { Request, WriteCall } from "./worker-protocol.js";

/** What one commit may hold: enough to make its way to the disk cheap, few enough to keep answers quick. */
const groupJobs = 512;
const groupBytes: number = 8 * 1_024 * 1_024;

/** A request that waits for its turn to write. */
export interface QueuedWrite {
  readonly request: Request<WriteCall>;
  /** When it gives up, on the worker's clock. */
  readonly giveUpAt: number;
}

/** Requests that wait for the lock, those that keep leases alive first. */
export class WriteQueue {
  readonly #urgent = new Deque<QueuedWrite>();
  readonly #others = new Deque<QueuedWrite>();
  readonly #slots: SharedSlots;

  constructor(slots: SharedSlots) {
    this.#slots = slots;
  }

  get length(): number {
    return this.#urgent.length + this.#others.length;
  }

  push(write: QueuedWrite): void {
    (write.request.call.type === "keepAlive" ? this.#urgent : this.#others).push(write);
  }

  /** Starts as many as fit into one commit; those that were cancelled go to `cancelled`. */
  start(cancelled: (request: Request) => void): readonly Request<WriteCall>[] {
    const started: Request<WriteCall>[] = [];
    let bytes = 0;
    while (started.length < groupJobs && bytes < groupBytes) {
      const write = this.#urgent.shift() ?? this.#others.shift();
      if (write === undefined) break;
      if (this.#slots.start(write.request.slot)) started.push(write.request);
      else cancelled(write.request);
      bytes += sizeOf(write.request.call);
    }
    return started;
  }

  /** Takes those that have waited too long by `now`, or, without it, all; of each queue the first is the oldest. */
  giveUp(cancelled: (request: Request) => void, now: number = Number.POSITIVE_INFINITY): readonly Request<WriteCall>[] {
    const late: Request<WriteCall>[] = [];
    for (const queue of [this.#urgent, this.#others]) {
      for (let write = queue.peek(); write !== undefined && write.giveUpAt <= now; write = queue.peek()) {
        queue.shift();
        if (this.#slots.start(write.request.slot)) late.push(write.request);
        else cancelled(write.request);
      }
    }
    return late;
  }
}

function sizeOf(call: WriteCall): number {
  return call.type === "txn" ? bytesOf(call.txn) : 0;
}
