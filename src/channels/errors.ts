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
  /** What was not sent; `undefined` where only a permit was asked for. */
  readonly value: T;

  constructor(value: T, options?: ErrorOptions) {
    super("the channel is closed: its receiver takes no more messages", options);
    this.value = value;
    Object.defineProperty(this, "value", { enumerable: false }); // not printed with the error
  }
}

/**
 * A handle was used after it was closed.
 *
 * @internal
 */
export function ownHandleClosed(handle: string): TypeError {
  return new TypeError(`Expected this ${handle} to be open; it was closed by its own \`close()\` or \`using\``);
}
