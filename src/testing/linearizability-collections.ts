import type { SequentialModel } from "./linearizability-model.js";

/** What a collection holds. */
export type Item = string | number;

/** What may be asked of a queue. */
export type QueueInput =
  | { readonly op: "enqueue"; readonly queue: string; readonly item: Item }
  | { readonly op: "dequeue"; readonly queue: string };

/**
 * First-in, first-out queues, by name. An enqueue is answered with `true`, a dequeue with the item, or `null` where the
 * queue was empty.
 *
 * @example
 * ```ts
 * import { queueModel } from "keelson/testing";
 *
 * queueModel.step([1, 2], { op: "dequeue", queue: "q" }, 1) // => { state: [2] }
 * queueModel.step([1, 2], { op: "dequeue", queue: "q" }, 2) // => undefined
 * ```
 */
export const queueModel: SequentialModel<QueueInput, Item | boolean | null, readonly Item[]> = {
  initial: [],
  partition: ({ queue }) => queue,
  key: (state) => JSON.stringify(state),
  step(state, input, output) {
    if (input.op === "enqueue") {
      return output === undefined || output === true ? { state: [...state, input.item] } : undefined;
    }
    const [first = null, ...rest] = state;
    return output === undefined || output === first ? { state: rest } : undefined;
  },
};

/** What may be asked of a set. */
export type SetInput =
  | { readonly op: "add" | "remove"; readonly set: string; readonly item: Item }
  | { readonly op: "read"; readonly set: string };

/**
 * Sets, by name. Adding and removing are answered with whether that changed the set, a read with its items in any order.
 *
 * @example
 * ```ts
 * import { setModel } from "keelson/testing";
 *
 * setModel.step([1], { op: "add", set: "s", item: 2 }, true) // => { state: [1, 2] }
 * setModel.step([1], { op: "read", set: "s" }, []) // => undefined
 * ```
 */
export const setModel: SequentialModel<SetInput, boolean | readonly Item[], readonly Item[]> = {
  initial: [],
  partition: ({ set }) => set,
  key: (state) => JSON.stringify(sorted(state)),
  step(state, input, output) {
    if (input.op === "read") {
      if (output === undefined) return { state };
      return typeof output === "object" && sameItems(sorted(output), sorted(state)) ? { state } : undefined;
    }
    const isIn = state.includes(input.item);
    const changes = input.op === "add" ? !isIn : isIn;
    if (output !== undefined && output !== changes) return undefined;
    if (!changes) return { state };
    return { state: input.op === "add" ? [...state, input.item] : state.filter((item) => item !== input.item) };
  },
};

/** What may be asked of a list. */
export type ListInput =
  { readonly op: "append"; readonly key: string; readonly item: Item } | { readonly op: "read"; readonly key: string };

/**
 * Lists that grow at their end, by key. An append is answered with `true`, a read with the items in order.
 *
 * @example
 * ```ts
 * import { listAppendModel } from "keelson/testing";
 *
 * listAppendModel.step([1], { op: "append", key: "k", item: 2 }, true) // => { state: [1, 2] }
 * listAppendModel.step([1, 2], { op: "read", key: "k" }, [2, 1]) // => undefined
 * ```
 */
export const listAppendModel: SequentialModel<ListInput, true | readonly Item[], readonly Item[]> = {
  initial: [],
  partition: ({ key }) => key,
  key: (state) => JSON.stringify(state),
  step(state, input, output) {
    if (input.op === "append") {
      return output === undefined || output === true ? { state: [...state, input.item] } : undefined;
    }
    return output === undefined || (output !== true && sameItems(output, state)) ? { state } : undefined;
  },
  // A list only grows: until it is as long as the longest one read, it is the beginning of that.
  refine(calls) {
    const longest = calls.reduce<readonly Item[]>(
      (best, { output }) => (Array.isArray(output) && output.length > best.length ? output : best),
      [],
    );
    return {
      ...listAppendModel,
      step: (state, input, output) =>
        input.op === "append" && state.length < longest.length && longest[state.length] !== input.item
          ? undefined
          : listAppendModel.step(state, input, output),
    };
  },
};

/** Numbers before texts, each in their order, so that 1 and "1" stay apart. */
function sorted(items: readonly Item[]): readonly Item[] {
  return items.toSorted((a, b) => {
    if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
    return a < b ? -1 : Number(a > b);
  });
}

function sameItems(a: readonly Item[], b: readonly Item[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
