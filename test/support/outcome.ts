/** What a promise came to, a rejection's reason included. */
export function outcome(promise: PromiseLike<unknown>): Promise<unknown> {
  return Promise.resolve(promise).catch((reason: unknown) => reason);
}
