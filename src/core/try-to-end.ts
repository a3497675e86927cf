import { DISABLED, PENDING, type Source, type Waiter } from "./selectable.js";

/**
 * Polls what a waiter waits for, and ends the wait unless it is to go on.
 *
 * @internal
 */
export function tryToEnd(waiter: Waiter<unknown>): void {
  let value: unknown;
  try {
    value = (waiter.source as Source<unknown>).poll(waiter.payload);
  } catch (error) {
    waiter.unlink();
    waiter.fail(error);
    return;
  }
  if (value === PENDING) return;
  waiter.unlink();
  if (value === DISABLED) waiter.disable();
  else waiter.commit(value);
}
