import { type AbortTarget, onAbort } from "../../../core/abort-hub.js";
import { type Deferred, deferred } from "../../../core/deferred.js";
import { AmbiguousResultError, StoreClosedError } from "../../errors.js";
import type { Txn, TxnResult } from "../../state-store.js";
import type { CallOptions } from "../shared/backend.js";

/** What one call may hold. */
const batchTxns = 256;
const batchBytes: number = 8 * 1_024 * 1_024;

interface Queued {
  readonly txn: Txn;
  readonly answer: Deferred<TxnResult>;
  state: "queued" | "sent" | "given up";
}

/**
 * Gathers transactions while a call is under way, and sends those that have come as the next one: the lock lets one
 * call in at a time anyway, so that a call for each would only wait longer.
 */
export class TxnBatcher {
  readonly #send: (txns: readonly Txn[]) => Promise<readonly (TxnResult | Error)[]>;
  #queue: Queued[] = [];
  #running: Promise<void> | undefined = undefined;
  #isClosed = false;

  constructor(send: (txns: readonly Txn[]) => Promise<readonly (TxnResult | Error)[]>) {
    this.#send = send;
  }

  txn(txn: Txn, { signal }: CallOptions): Promise<TxnResult> {
    if (this.#isClosed) return Promise.reject(new StoreClosedError());
    const queued: Queued = { txn, answer: deferred<TxnResult>(), state: "queued" };
    const target: AbortTarget = {
      aborted: (reason) => {
        giveUp(queued, reason);
      },
    };
    const registration = signal === undefined ? undefined : onAbort(signal, target);
    this.#queue.push(queued);
    this.#running ??= this.#run();
    return queued.answer.promise.finally(() => registration?.unlink());
  }

  /** Refuses what has not been sent, and waits for what has. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const queued of this.#queue) giveUp(queued, new StoreClosedError());
    await this.#running;
  }

  async #run(): Promise<void> {
    // What is asked for in the same turn travels together.
    await Promise.resolve();
    for (let batch = this.#next(); batch.length > 0; batch = this.#next()) await this.#sendBatch(batch);
    this.#running = undefined;
  }

  async #sendBatch(batch: readonly Queued[]): Promise<void> {
    try {
      const results = await this.#send(batch.map(({ txn }) => txn));
      batch.forEach(({ answer }, index) => {
        const result = results[index];
        if (result === undefined) answer.reject(new AmbiguousResultError("Postgres gave no answer"));
        else if (result instanceof Error) answer.reject(result);
        else answer.resolve(result);
      });
    } catch (error) {
      for (const { answer } of batch) answer.reject(error);
    }
  }

  #next(): readonly Queued[] {
    const batch: Queued[] = [];
    let bytes = 0;
    let taken = 0;
    for (const queued of this.#queue) {
      if (batch.length === batchTxns || bytes >= batchBytes) break;
      taken += 1;
      if (queued.state !== "queued") continue;
      queued.state = "sent";
      batch.push(queued);
      for (const op of queued.txn.then) if (op.type === "put") bytes += op.value.length;
    }
    this.#queue = this.#queue.slice(taken);
    return batch;
  }
}

function giveUp(queued: Queued, reason: unknown): void {
  if (queued.state === "queued") queued.answer.reject(reason);
  else queued.answer.reject(new AmbiguousResultError("the call was aborted while it was under way", { cause: reason }));
  queued.state = "given up";
}
