import { AsyncLocalStorage } from "node:async_hooks";
import type { LogFields } from "../core/logger.js";

/** A named stretch of work that code runs in. */
export interface Span {
  /** Its name. */
  readonly name: string;
  /** What is known about it. */
  readonly fields: LogFields;
  /** The span around it. */
  readonly parent: Span | undefined;
}

// Made on first use: on Node 20 each AsyncLocalStorage makes every await of the process dearer.
let storage: AsyncLocalStorage<Span> | undefined;

/** The innermost span that this code runs in. */
export function currentSpan(): Span | undefined {
  return storage?.getStore();
}

/** Runs `fn` in a span of its own. */
export function inSpan<T>(name: string, fields: LogFields, fn: () => T): T {
  storage ??= new AsyncLocalStorage<Span>();
  return storage.run({ name, fields, parent: storage.getStore() }, fn);
}
