import type { ProcessEvent, ProcessLike } from "keelson/lifecycle";

/** A process that only writes down how it was ended. */
export interface FakeProcess extends ProcessLike {
  /** Exit codes, in order. */
  readonly exits: readonly number[];
  /** How many listeners there are. */
  listeners(): number;
  /** Raises a signal or an error. */
  raise(event: ProcessEvent, argument?: unknown): void;
}

export function fakeProcess(): FakeProcess {
  const listeners: { readonly event: ProcessEvent; readonly listener: (argument: unknown) => void }[] = [];
  const exits: number[] = [];
  return {
    exits,
    listeners: () => listeners.length,
    raise(event, argument = event) {
      for (const each of [...listeners]) if (each.event === event) each.listener(argument);
    },
    on: (event, listener) => void listeners.push({ event, listener }),
    off(event, listener) {
      const index = listeners.findIndex((each) => each.event === event && each.listener === listener);
      if (index >= 0) listeners.splice(index, 1);
    },
    exit: (code) => void exits.push(code),
  };
}
