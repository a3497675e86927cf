import type { JoinError } from "./errors.js";
import type { Task } from "./task.js";

/** How a task of a group ended. */
export type Joined<T> =
  | { readonly ok: true; readonly value: T; readonly id: string }
  | {
      readonly ok: false;
      readonly reason: "cancelled" | "failed";
      readonly error: JoinError;
      readonly id: string;
    };

/** What a group says of the next of its tasks to end; it may have none. */
export type NextJoined<T> = Joined<T> | { readonly ok: false; readonly reason: "empty" };

/** What a group says without waiting; none of its tasks may have ended. */
export type TryJoined<T> = NextJoined<T> | { readonly ok: false; readonly reason: "pending" };

/** @internal */
export const empty = { ok: false, reason: "empty" } as const;

/** @internal */
export const pending = { ok: false, reason: "pending" } as const;

/**
 * How a task that has ended is told of.
 *
 * @internal
 */
export function joined<T>(task: Task<T>): Joined<T> {
  const { id, outcome } = task;
  if (outcome === undefined) throw new Error("Expected a task that has ended");
  if (outcome.ok) return { ok: true, value: outcome.value, id };
  return { ok: false, reason: outcome.kind, error: task.joinError(outcome), id };
}
