import { KeelsonError } from "../core/errors.js";

/**
 * A message was sent to a channel whose receiver is gone or has refused further ones.
 *
 * @remarks The message is in {@link ChannelClosedError.value}, and on purpose not in the text.
 *
 * @example
 * ```ts
 * import { ChannelClosedError, mpsc } from "keelson/channels";
 *
 * const [tx, rx] = mpsc.channel<string>(1);
 * rx.close();
 * await tx.send("too late"); // throws ChannelClosedError
 * ```
 */
export class ChannelClosedError<T = unknown> extends KeelsonError {
  override readonly name = "ChannelClosedError";
  readonly code = "CHANNEL_CLOSED";
  readonly #value: T;

  constructor(value: T, options?: ErrorOptions) {
    super("the channel is closed", options);
    this.#value = value;
  }

  /** What was not sent; `undefined` where only a permit was asked for. Not printed with the error. */
  get value(): T {
    return this.#value;
  }
}

/**
 * A broadcast was iterated too slowly: messages it had not come to were overwritten.
 *
 * @remarks The receiver stays subscribed and goes on with the oldest message that is kept.
 *
 * @example
 * ```ts
 * import { LaggedError, broadcast } from "keelson/channels";
 *
 * const [tx, rx] = broadcast.channel<number>(2);
 * for (const n of [1, 2, 3]) tx.send(n);
 * const messages = rx[Symbol.asyncIterator]();
 * await messages.next(); // throws LaggedError
 * await messages.next() // => { done: false, value: 2 }
 * ```
 */
export class LaggedError extends KeelsonError {
  override readonly name = "LaggedError";
  readonly code = "LAGGED";
  /** Exactly how many messages were missed. */
  readonly missed: number;

  constructor(missed: number, options?: ErrorOptions) {
    super(`missed ${missed} messages of a broadcast`, options);
    this.missed = missed;
  }
}

/**
 * A `select` had nothing left to wait for: each of its branches was disabled, and it had no `orElse`.
 *
 * @example
 * ```ts
 * import { AllBranchesDisabledError, mpsc, select } from "keelson/channels";
 *
 * const [tx, rx] = mpsc.channel<string>(1);
 * tx.close();
 * await select({ message: rx }); // throws AllBranchesDisabledError
 * ```
 */
export class AllBranchesDisabledError extends KeelsonError {
  override readonly name = "AllBranchesDisabledError";
  readonly code = "ALL_BRANCHES_DISABLED";

  constructor(options?: ErrorOptions) {
    super("select has nothing to wait for: every branch is disabled", options);
  }
}
