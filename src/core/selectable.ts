import { type Links, ListNode } from "./list.js";

/** What {@link Source.poll} answers while nothing is ready. */
export const PENDING: unique symbol = Symbol("keelson.pending");

/** What {@link Source.poll} answers when nothing will ever be ready again. */
export const DISABLED: unique symbol = Symbol("keelson.disabled");

/**
 * Something that can be waited for, alone or in a `select`.
 *
 * @remarks It is lazy and has no `then`: nothing happens, and nothing can be lost, until it is waited for.
 */
export interface Selectable<T> {
  /** The protocol behind it; its shape is for those who write their own primitives. */
  readonly "~source": Source<T>;
}

/**
 * The two-step protocol behind every wait: poll, else park a waiter.
 *
 * @remarks
 * Whoever completes a parked wait takes the waiter off its list **first**, then moves the value, then calls
 * `waiter.commit`: all of it in one go, so that nothing is ever taken for a waiter that has gone.
 */
export interface Source<T> {
  /**
   * Takes a value if one is ready: returning it *is* the commit. Otherwise `PENDING`, or `DISABLED` once there will
   * be none. May throw, which rejects the wait.
   *
   * @param payload - What the wait brings along, see {@link WaiterNode.payload}.
   */
  poll(payload?: unknown): T | typeof PENDING | typeof DISABLED;
  /** Parks a waiter whose `source` this is, after `poll` answered `PENDING`. */
  arm(waiter: Waiter<T>): void;
  /** Lets a parked waiter go, in constant time: returns what it had gathered and passes on what it was told. */
  disarm(waiter: Waiter<T>): void;
  /**
   * Makes the value of what `poll` gave or a parked waiter was committed with, in the turn of whoever waited: the only
   * place for a user's function. May throw, which rejects the wait. Absent where what was committed is the value.
   */
  finish?(committed: unknown): T;
}

/**
 * The place of one parked wait in the list of whatever it waits for; extend it to write a waiter.
 *
 * @example
 * ```ts
 * import { WaiterNode } from "keelson/core";
 *
 * const waiter = Object.assign(new WaiterNode(), { commit() {}, fail() {}, disable() {} });
 * waiter.payload; // => undefined
 * ```
 */
export class WaiterNode extends ListNode {
  /** What it brings along, such as the value of a parked send. */
  payload: unknown;
  /** What it waits for. */
  readonly source: unknown;

  constructor(source?: unknown, payload?: unknown) {
    super();
    this.source = source;
    this.payload = payload;
  }
}

/** One parked wait, as the source sees it. */
export interface Waiter<T> extends Links {
  /** What it brings along, such as the value of a parked send. */
  payload: unknown;
  /** What it waits for. */
  readonly source: unknown;
  /** Ends the wait with a value; the waiter is off every list when this returns. */
  commit(value: T): void;
  /** Ends the wait with an error. */
  fail(error: unknown): void;
  /** Says that the source will never be ready again. */
  disable(): void;
}
