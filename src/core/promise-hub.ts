import { List } from "./list.js";
import { PENDING, type Source, type Waiter } from "./selectable.js";

type State<T> =
  | { readonly kind: "pending" }
  | { readonly kind: "fulfilled"; readonly value: T }
  | { readonly kind: "rejected"; readonly error: unknown };

/**
 * One foreign promise as a source: one `then` for its whole life, however many waits come and go.
 *
 * @remarks Racing a long-lived promise again and again retains every loser's value for as long as it is pending.
 */
class PromiseSource<T> implements Source<T> {
  #state: State<T> = { kind: "pending" };
  readonly #waiters = new List<Waiter<T>>();

  constructor(promise: PromiseLike<T>) {
    promise.then(
      (value) => {
        this.#state = { kind: "fulfilled", value };
        for (let next = this.#waiters.shift(); next !== undefined; next = this.#waiters.shift()) next.commit(value);
      },
      (error: unknown) => {
        this.#state = { kind: "rejected", error };
        for (let next = this.#waiters.shift(); next !== undefined; next = this.#waiters.shift()) next.fail(error);
      },
    );
  }

  poll(): T | typeof PENDING {
    switch (this.#state.kind) {
      case "pending":
        return PENDING;
      case "fulfilled":
        return this.#state.value;
      case "rejected":
        throw this.#state.error;
    }
  }

  arm(waiter: Waiter<T>): void {
    this.#waiters.push(waiter);
  }

  disarm(waiter: Waiter<T>): void {
    waiter.unlink();
  }
}

const sources = new WeakMap<PromiseLike<unknown>, Source<unknown>>();

/**
 * The source of a promise; the same one each time. A rejection rejects the wait.
 *
 * @internal
 */
export function promiseSource<T>(promise: PromiseLike<T>): Source<T> {
  const known = sources.get(promise) as Source<T> | undefined;
  if (known !== undefined) return known;
  const source = new PromiseSource(promise);
  sources.set(promise, source);
  return source;
}
