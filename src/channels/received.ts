/** What `recv` gives of a channel that has come to its end. */
export interface Closed {
  /** No message. */
  readonly ok: false;
  /** Why there is none. */
  readonly reason: "closed";
}

/** What `tryRecv` gives while nothing is there. */
export interface Empty {
  /** No message. */
  readonly ok: false;
  /** Why there is none. */
  readonly reason: "empty";
}

/** What a receiver gets that was too slow: messages it had not seen were overwritten. */
export interface Lagged {
  /** No message. */
  readonly ok: false;
  /** Why there is none. */
  readonly reason: "lagged";
  /** Exactly how many it missed. */
  readonly missed: number;
}

/**
 * What `recv` gives: a message in a box, or the end.
 *
 * @remarks Boxed because a promise of a bare message would swallow messages that have a `then`, and because
 * `undefined` is a message like any other.
 */
export type Received<T> = { readonly ok: true; readonly value: T } | Closed;

/** What `tryRecv` gives. */
export type TryReceived<T> = Received<T> | Empty;

/** @internal */
export const CLOSED: Closed = /* @__PURE__ */ Object.freeze({ ok: false, reason: "closed" });

/** @internal */
export const EMPTY: Empty = /* @__PURE__ */ Object.freeze({ ok: false, reason: "empty" });
