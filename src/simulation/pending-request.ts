import { PENDING, type Source, type Waiter } from "../core/selectable.js";

/** What came of a request. */
export type Answer<A> =
  { readonly kind: "answer"; readonly value: A } | { readonly kind: "failure"; readonly error: Error };

/** A request as something to wait for: sent when it is waited for, taken back when the wait is given up. */
export class PendingRequest<A> implements Source<A> {
  readonly #send: () => void;
  readonly #cancel: () => void;
  #waiter: Waiter<A> | undefined = undefined;

  constructor(send: () => void, cancel: () => void) {
    this.#send = send;
    this.#cancel = cancel;
  }

  poll(): typeof PENDING {
    return PENDING;
  }

  arm(waiter: Waiter<A>): void {
    this.#waiter = waiter;
    this.#send();
  }

  disarm(): void {
    this.#waiter = undefined;
    this.#cancel();
  }

  answered(answer: Answer<A>): void {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    if (answer.kind === "answer") waiter?.commit(answer.value);
    else waiter?.fail(answer.error);
  }
}
