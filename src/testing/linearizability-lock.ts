import type { SequentialModel } from "./linearizability-model.js";

/** What may be asked of a lock, and of the resource that it guards. */
export type LockInput =
  /** Answered with a fencing token, greater than every one before. */
  | { readonly op: "acquire"; readonly lock: string }
  /**
   * Gives the lock back; answered with whether the token still held it. A lease that ran out is one without an answer.
   */
  | { readonly op: "release"; readonly lock: string; readonly token: number }
  /** Uses the resource; answered with whether it took the token, which it does unless it has seen a greater one. */
  | { readonly op: "use"; readonly lock: string; readonly token: number };

/** What a lock is to its model. */
export interface LockState {
  /** The token that holds it; `"unknown"` for one whose acquisition was never answered. */
  readonly holder: number | "unknown" | undefined;
  /** The greatest token given out. */
  readonly given: number;
  /** The greatest token the resource has seen. */
  readonly seen: number;
}

/**
 * Locks with fencing tokens, by name.
 *
 * @example
 * ```ts
 * import { lockModel } from "keelson/testing";
 *
 * const held = lockModel.step(lockModel.initial, { op: "acquire", lock: "l" }, 7)?.state ?? lockModel.initial;
 * lockModel.step(held, { op: "acquire", lock: "l" }, 8) // => undefined
 * lockModel.step(held, { op: "use", lock: "l", token: 7 }, false) // => undefined
 * ```
 */
export const lockModel: SequentialModel<LockInput, number | boolean, LockState> = {
  initial: { holder: undefined, given: 0, seen: 0 },
  partition: ({ lock }) => lock,
  key: ({ holder, given, seen }) => `${holder ?? "free"} ${given} ${seen}`,
  step(state, input, output) {
    switch (input.op) {
      case "acquire":
        if (state.holder !== undefined) return undefined;
        if (output === undefined) return { state: { ...state, holder: "unknown" } };
        if (typeof output !== "number" || output <= state.given) return undefined;
        return { state: { ...state, holder: output, given: output } };
      case "release": {
        const held = state.holder === input.token;
        if (output !== undefined && output !== held) return undefined;
        return { state: held ? { ...state, holder: undefined } : state };
      }
      case "use": {
        const taken = input.token >= state.seen;
        if (output !== undefined && output !== taken) return undefined;
        return { state: taken ? { ...state, seen: input.token } : state };
      }
    }
  },
};
