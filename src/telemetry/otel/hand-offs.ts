import { Deque } from "../../core/deque.js";

/** How many channels are remembered. */
const mostChannels = 1_000;
/** How many messages of one channel are. */
const mostMessages = 10_000;

/**
 * Remembers, for each channel, the spans from which its buffered messages were sent: first in, first out, as the
 * messages are.
 */
export class HandOffs {
  readonly #channels = new Map<number, Deque<object>>();

  sent(channel: number, context: object): void {
    let line = this.#channels.get(channel);
    if (line === undefined) {
      line = new Deque();
      this.#channels.set(channel, line);
      const [oldest] = this.#channels.keys();
      if (this.#channels.size > mostChannels && oldest !== undefined) this.#channels.delete(oldest);
    }
    if (line.length <= mostMessages) line.push(context);
  }

  /** The span from which the message that was just received was sent; `left` messages are still in the buffer. */
  received(channel: number, left: number): object | undefined {
    const line = this.#channels.get(channel);
    const isInStep = line?.length === left + 1;
    const context = isInStep ? line.shift() : undefined;
    // Out of step, when it began in the middle or there were too many: better no link than a wrong one.
    if (!isInStep || left === 0) this.#channels.delete(channel);
    return context;
  }
}
