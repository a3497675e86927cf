/** Events that run in one turn of the real event loop. */
const perTurn = 64;

const immediate: typeof setImmediate = setImmediate;

/** What {@link Turns} drives. */
export interface Stepper {
  /** Does one thing; called when every microtask of the one before has run. */
  step(): void;
  /** Nothing of it runs until the next step; tells whether there is to be one. */
  rest(): boolean;
}

/**
 * Steps through the real event loop.
 *
 * @remarks
 * The callbacks of one phase of `setImmediate` run back to back, with ticks and microtasks drained after each: so many
 * are queued together that no foreign callback falls between, and the loop turns only once for all of them. Counting
 * microtask turns instead would be a guess.
 */
export class Turns {
  readonly #stepper: Stepper;
  #isQueued = false;

  constructor(stepper: Stepper) {
    this.#stepper = stepper;
  }

  /** Goes on, if it is not going on already. */
  start(): void {
    if (this.#isQueued) return;
    this.#isQueued = true;
    for (let count = 0; count < perTurn; count += 1) immediate(this.#one);
    immediate(this.#last);
  }

  readonly #one = (): void => {
    this.#stepper.step();
  };

  readonly #last = (): void => {
    this.#isQueued = false;
    if (this.#stepper.rest()) this.start();
  };
}
