import { checkFunction, shown } from "../core/check.js";
import { isThenable } from "../core/operation.js";
import { DrainError } from "./errors.js";
import type { Closable } from "./lifecycle-options.js";

/** Refuses what can't be drained. */
export function checkDrain(channel: Closable, consumer: PromiseLike<unknown>): void {
  checkFunction("channel.close", (channel as Partial<Closable> | undefined)?.close);
  if (!isThenable(consumer)) throw new TypeError(`Expected \`consumer\` to be a promise, got ${shown(consumer)}`);
}

/** Closes `channel`, and waits until its consumer has read it to its end. */
export async function drained(name: string, channel: Closable, consumer: PromiseLike<unknown>): Promise<void> {
  await channel.close();
  try {
    await consumer;
  } catch (cause) {
    throw consumerFailed(name, channel, cause);
  }
  const left = channel.length ?? 0;
  if (left > 0) throw new DrainError({ drain: name, left, end: "early" });
}

/** What to say of a consumer that failed. */
export function consumerFailed(drain: string, { length }: Closable, cause: unknown): DrainError {
  return new DrainError({ drain, left: length, end: "failed" }, { cause });
}
