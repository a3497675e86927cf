/**
 * Asks a function of the user's about a failure; if it throws, its error says what it was asked about.
 *
 * @internal
 */
export function ask<T>(failure: unknown, question: () => T): T {
  try {
    return question();
  } catch (thrown) {
    throw blamed(thrown, failure);
  }
}

/**
 * An error that came up over a failure: has that as its cause, unless it has one already.
 *
 * @internal
 */
export function blamed(thrown: unknown, failure: unknown): unknown {
  const takesCause = thrown instanceof Error && thrown.cause === undefined && Object.isExtensible(thrown);
  if (!takesCause || thrown === failure) return thrown;
  return Object.defineProperty(thrown, "cause", { value: failure, writable: true, configurable: true });
}
