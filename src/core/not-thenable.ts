/**
 * Says on a class itself that what is made by it is no promise.
 *
 * @remarks
 * Whoever settles a promise with an object looks for a `then` along its whole prototype chain; this ends the search a
 * step earlier, which is a tenth of what taking a free lock costs.
 * @internal
 */
export function notThenable(type: { readonly prototype: object }): void {
  Object.defineProperty(type.prototype, "then", { value: undefined });
}
