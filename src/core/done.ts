/**
 * The end of an iteration.
 *
 * @internal
 */
export const DONE: IteratorReturnResult<undefined> = /* @__PURE__ */ Object.freeze({ done: true, value: undefined });
