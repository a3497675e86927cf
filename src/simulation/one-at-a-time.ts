const slot: unique symbol = Symbol.for("keelson.simulations") as never;

/** The last simulation of this thread, whichever copy of the package runs it. */
interface Queue {
  [slot]?: Promise<unknown>;
}

/** Runs `work` when every simulation of this thread that was asked for before has ended: there is one ambient runtime. */
export function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const queue = globalThis as Queue;
  const turn = (queue[slot] ?? Promise.resolve()).then(work, work);
  queue[slot] = turn;
  return turn;
}
