import { LinkedSignal } from "../core/linked-signal.js";

/**
 * What a generator yields, as an iterable that can be left while it waits: a bare generator would let whoever leaves
 * wait for the next value.
 */
export function closable<T>(
  signal: AbortSignal | undefined,
  run: (signal: AbortSignal) => AsyncGenerator<T>,
): AsyncIterable<T> {
  let isTaken = false;
  return {
    [Symbol.asyncIterator]() {
      if (isTaken) throw new Error("Expected to be iterated once; ask for another");
      isTaken = true;
      const link = new LinkedSignal(signal);
      const values = run(link.signal);
      let isClosed = false;
      const done: IteratorResult<T> = { done: true, value: undefined };
      return {
        async next() {
          try {
            const result = isClosed ? done : await values.next();
            if (result.done === true) link[Symbol.dispose]();
            return result;
          } catch (error) {
            link[Symbol.dispose]();
            if (isClosed) return done;
            throw error;
          }
        },
        async return() {
          isClosed = true;
          link.abort(new Error("left"));
          await values.return(undefined);
          link[Symbol.dispose]();
          return done;
        },
      };
    },
  };
}
