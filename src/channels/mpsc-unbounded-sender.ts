import { ChannelClosedError } from "./errors.js";
import { type AnySender, StateSender } from "./mpsc-any-sender.js";
import type { WeakHandle } from "./weak-handle.js";

/** A sender that does not keep its unbounded channel open. */
export type WeakUnboundedSender<T> = WeakHandle<UnboundedSender<T>>;

/** The sending half of an unbounded channel: it never waits. */
export interface UnboundedSender<T> extends AnySender<T> {
  /**
   * Sends `value`, at once.
   *
   * @throws ChannelClosedError, carrying the value, once the receiver is gone or has closed; TypeError when this handle
   * was closed.
   */
  send(value: T): void;
  /** Another handle to the same channel, to be closed on its own. */
  clone(): UnboundedSender<T>;
  /** A handle that does not keep the channel open. */
  downgrade(): WeakUnboundedSender<T>;
}

/** @internal */
export class FreeSender<T> extends StateSender<T, UnboundedSender<T>> implements UnboundedSender<T> {
  send(value: T): void {
    if (!this.trySend(value)) throw new ChannelClosedError(value);
  }

  protected another(): UnboundedSender<T> {
    return new FreeSender(this.state);
  }

  protected shown(): readonly [string, object] {
    return ["mpsc.UnboundedSender", this.pick("isClosed", "strongCount")];
  }
}
