import type { HostRuntime } from "./host-runtime.js";
import type { World } from "./world.js";

interface Piece {
  readonly runtime: HostRuntime;
  /** What to do with the outcome; there once the work has ended. */
  settle: (() => void) | undefined;
}

/**
 * Real I/O of simulated hosts. While any is in flight virtual time stands still, and outcomes are handed over together,
 * in the order in which the work was begun: which of them really ended first must not matter.
 */
export class RealWork {
  readonly #world: World;
  readonly #onDone: () => void;
  #pieces: Piece[] = [];

  /** `onDone` is told whenever the last piece in flight has ended. */
  constructor(world: World, onDone: () => void) {
    this.#world = world;
    this.#onDone = onDone;
  }

  get isInFlight(): boolean {
    return this.#pieces.some(({ runtime, settle }) => runtime.isAlive && settle === undefined);
  }

  run<T>(runtime: HostRuntime, work: () => Promise<T>): Promise<T> {
    const piece: Piece = { runtime, settle: undefined };
    this.#pieces.push(piece);
    return new Promise<T>((resolve, reject) => {
      const end = (settle: () => void): void => {
        piece.settle = settle;
        if (!this.isInFlight) this.#onDone();
      };
      this.#world.escaped(work).then(
        (value) => {
          end(() => {
            resolve(value);
          });
        },
        (error: unknown) => {
          end(() => {
            reject(error);
          });
        },
      );
    });
  }

  /** Hands over what has ended, if nothing is in flight; tells whether there was any. */
  deliver(): boolean {
    if (this.#pieces.length === 0 || this.isInFlight) return false;
    const ended = this.#pieces.filter(({ runtime }) => runtime.isAlive);
    this.#pieces = [];
    for (const { runtime, settle } of ended) if (settle !== undefined) runtime.enqueue("real", settle);
    return ended.length > 0;
  }
}
