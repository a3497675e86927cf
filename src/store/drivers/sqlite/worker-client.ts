import type { Worker } from "node:worker_threads";
import { type AbortRegistration, type AbortTarget, onAbort } from "../../../core/abort-hub.js";
import { type Deferred, deferred } from "../../../core/deferred.js";
import { tellRetry } from "../../diagnostics.js";
import { AmbiguousResultError, NotAppliedError, StoreClosedError, StoreUnavailableError } from "../../errors.js";
import type { BackendListener, CallOptions } from "../shared/backend.js";
import { RequestSlots } from "./request-slots.js";
import { fromWire } from "./wire-error.js";
import type { Answer, FromWorker, ReadCall, SentRequest, ToWorker, WriteCall } from "./worker-protocol.js";

/** A call that waits for its answer. */
interface Pending {
  readonly slot: number;
  readonly isWrite: boolean;
  readonly answer: Deferred<unknown>;
  readonly registration: AbortRegistration | undefined;
}

/** Talks to the thread: sends calls, many at once where many come at once, and settles them. */
export class WorkerClient {
  readonly #start: () => Worker;
  #listener: BackendListener | undefined = undefined;
  #worker: Worker | undefined = undefined;
  #slots: RequestSlots;
  readonly #pending = new Map<number, Pending>();
  #outbox: SentRequest[] = [];
  #nextId = 1;
  #isWatching = false;
  #isOpen = false;
  #closing: Deferred<undefined> | undefined = undefined;

  constructor(start: () => Worker) {
    this.#start = start;
    this.#slots = this.#newSlots();
  }

  listen(listener: BackendListener): void {
    this.#listener = listener;
    this.#running();
  }

  setWatching(isWatching: boolean): void {
    this.#isWatching = isWatching;
    this.#post({ type: "watching", isWatching });
    this.#keepAlive();
  }

  /** Asks for something; an abort rejects with its reason. */
  read(call: ReadCall, options: CallOptions = {}): Promise<unknown> {
    return this.#call(call, false, options);
  }

  /** Asks for a change; an abort rejects with its reason if the change had not begun, and is ambiguous later. */
  write(call: WriteCall, options: CallOptions = {}): Promise<unknown> {
    return this.#call(call, true, options);
  }

  /** Refuses what has not begun, waits for what has, and ends the thread. */
  async close(): Promise<void> {
    const closed = (this.#closing ??= deferred<undefined>());
    for (const id of [...this.#pending.keys()]) this.#giveUp(id, new StoreClosedError(), "wait");
    if (this.#worker === undefined) return;
    this.#worker.ref();
    this.#post({ type: "close" });
    await closed.promise;
  }

  #call(call: ReadCall | WriteCall, isWrite: boolean, { signal }: CallOptions): Promise<unknown> {
    if (this.#closing !== undefined) return Promise.reject(new StoreClosedError());
    const worker = this.#running();
    const id = this.#nextId++;
    const slot = this.#slots.take();
    const answer = deferred<unknown>();
    const target: AbortTarget = {
      aborted: (reason) => {
        this.#giveUp(id, reason, "ambiguous");
      },
    };
    const registration = signal === undefined ? undefined : onAbort(signal, target);
    if (this.#pending.size === 0) worker.ref();
    this.#pending.set(id, { slot, isWrite, answer, registration });
    this.#outbox.push([id, slot, call]);
    // What is asked for in the same turn travels as one message.
    if (this.#outbox.length === 1) void Promise.resolve().then(this.#flush);
    return answer.promise;
  }

  readonly #flush = (): void => {
    const requests = this.#outbox;
    this.#outbox = [];
    if (requests.length > 0) this.#post(requests);
  };

  #post(message: ToWorker): void {
    this.#worker?.postMessage(message);
  }

  /** Rejects a call whose answer is no longer wanted; a change that has begun is waited for, or its outcome unknown. */
  #giveUp(id: number, reason: unknown, begun: "wait" | "ambiguous"): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    const { slot, isWrite, answer } = pending;
    if (!isWrite || this.#slots.cancel(slot)) answer.reject(reason);
    else if (begun === "ambiguous") {
      answer.reject(new AmbiguousResultError("the call was aborted while it was being applied", { cause: reason }));
    }
  }

  /** The thread, started if it isn't. */
  #running(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = this.#start();
    this.#worker = worker;
    this.#slots = this.#newSlots();
    if (this.#isWatching) this.#post({ type: "watching", isWatching: true });
    let failure: unknown;
    worker.on("message", (message: FromWorker) => {
      this.#receive(message);
    });
    worker.on("error", (error) => {
      failure = error;
    });
    worker.on("exit", () => {
      this.#exited(worker, failure);
    });
    return worker;
  }

  #newSlots(): RequestSlots {
    return new RequestSlots((memory) => {
      this.#post({ type: "slots", memory });
    });
  }

  #receive(message: FromWorker): void {
    if (!("type" in message)) {
      const [answers, revision, compacted = 0] = message;
      if (revision !== undefined) this.#listener?.reached({ revision, compacted });
      for (const answer of answers) this.#settle(answer);
      this.#keepAlive();
      return;
    }
    switch (message.type) {
      case "reached":
        this.#listener?.reached(message.reach);
        break;
      case "replaced":
        this.#listener?.replaced(message.reach);
        break;
      case "opened":
        this.#isOpen = true;
        this.#listener?.connected();
        break;
      case "failed":
        if (this.#isOpen) this.#listener?.disconnected(fromWire(message.error));
        this.#isOpen = false;
        break;
      case "busy":
        tellRetry("sqlite", "lock", new NotAppliedError("another process holds SQLite's write lock"));
        break;
      case "closed":
        break;
    }
  }

  #settle([id, value, error]: Answer): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    this.#slots.release(pending.slot);
    pending.registration?.unlink();
    if (error === undefined) pending.answer.resolve(value);
    else pending.answer.reject(fromWire(error));
  }

  /** The process stays while it waits for an answer, for what others write, or for the thread to let go of the file. */
  #keepAlive(): void {
    if (this.#pending.size > 0 || this.#isWatching || this.#closing !== undefined) this.#worker?.ref();
    else this.#worker?.unref();
  }

  #exited(worker: Worker, failure: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#outbox = [];
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    const cause = { cause: failure };
    for (const { slot, isWrite, answer, registration } of pending) {
      registration?.unlink();
      if (!isWrite) answer.reject(new StoreUnavailableError("SQLite's thread ended", cause));
      else if (this.#slots.cancel(slot)) answer.reject(new NotAppliedError("SQLite's thread ended", cause));
      else answer.reject(new AmbiguousResultError("SQLite's thread ended while it was writing", cause));
    }
    if (this.#closing !== undefined) {
      this.#closing.resolve(undefined);
      return;
    }
    const wasOpen = this.#isOpen;
    this.#isOpen = false;
    this.#listener?.disconnected(failure ?? new StoreUnavailableError("SQLite's thread ended"));
    if (wasOpen && this.#isWatching) this.#running();
  }
}
