import type { SequentialModel } from "./linearizability-model.js";

/** What a register holds; `null` where nothing was written yet. */
export type RegisterValue = string | number | null;

/** What may be asked of a register. */
export type RegisterInput =
  | { readonly op: "read"; readonly key: string }
  | { readonly op: "write"; readonly key: string; readonly value: RegisterValue }
  /** Writes `value` if the register holds `expected`. */
  | { readonly op: "cas"; readonly key: string; readonly expected: RegisterValue; readonly value: RegisterValue };

/**
 * Registers by key, with compare and swap. A read is answered with the value, a write with `true`, a compare and swap
 * with whether it wrote.
 *
 * @example
 * ```ts
 * import { registerModel } from "keelson/testing";
 *
 * registerModel.step(1, { op: "cas", key: "x", expected: 1, value: 2 }, true) // => { state: 2 }
 * registerModel.step(1, { op: "read", key: "x" }, 7) // => undefined
 * ```
 */
export const registerModel: SequentialModel<RegisterInput, RegisterValue | boolean, RegisterValue> = {
  initial: null,
  partition: ({ key }) => key,
  key: (state) => JSON.stringify(state),
  step(state, input, output) {
    switch (input.op) {
      case "read":
        return output === undefined || output === state ? { state } : undefined;
      case "write":
        return output === undefined || output === true ? { state: input.value } : undefined;
      case "cas": {
        const wrote = state === input.expected;
        return output === undefined || output === wrote ? { state: wrote ? input.value : state } : undefined;
      }
    }
  },
};
