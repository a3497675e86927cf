import { checkInteger } from "../core/check.js";
import { type Receiver, StateReceiver } from "./mpsc-receiver.js";
import { BoundedSender, type Sender } from "./mpsc-sender.js";
import { type ChannelOptions, MpscState } from "./mpsc-state.js";
import { FreeSender, type UnboundedSender } from "./mpsc-unbounded-sender.js";

export type { AnySender } from "./mpsc-any-sender.js";
export type { Permit, PermitBatch } from "./mpsc-permit.js";
export type { ChannelOptions } from "./mpsc-state.js";
export type { Receiver, RecvIntoOptions } from "./mpsc-receiver.js";
export type { Sender, WeakSender } from "./mpsc-sender.js";
export type { UnboundedSender, WeakUnboundedSender } from "./mpsc-unbounded-sender.js";

/**
 * A channel from many senders to one receiver, with room for `capacity` messages.
 *
 * @remarks Senders wait, in order, while it is full: that is how a slow consumer slows its producers down.
 * @throws RangeError when `capacity` is not a positive integer.
 *
 * @example
 * ```ts
 * import { mpsc } from "keelson/channels";
 *
 * const [tx, rx] = mpsc.channel<number>(2);
 * const produce = async () => {
 *   using sender = tx;
 *   for (const n of [1, 2, 3]) await sender.send(n);
 * };
 * const produced = produce();
 * const seen: number[] = [];
 * for await (const n of rx) seen.push(n);
 * await produced;
 * seen // => [1, 2, 3]
 * ```
 */
export function channel<T>(capacity: number, options?: ChannelOptions<T>): [tx: Sender<T>, rx: Receiver<T>] {
  checkInteger("capacity", capacity, 1);
  const state = new MpscState<T>(capacity, options);
  return [new BoundedSender(state), new StateReceiver(state)];
}

/**
 * A channel from many senders to one receiver, with no bound: sending never waits.
 *
 * @remarks Nothing slows a producer down that is faster than the consumer: memory is the limit.
 *
 * @example
 * ```ts
 * import { mpsc } from "keelson/channels";
 *
 * const [tx, rx] = mpsc.unbounded<string>();
 * tx.send("a");
 * tx.send("b");
 * await rx.recvMany(10) // => ["a", "b"]
 * tx.close();
 * await rx.recv() // => { ok: false, reason: "closed" }
 * ```
 */
export function unbounded<T>(options?: ChannelOptions<T>): [tx: UnboundedSender<T>, rx: Receiver<T>] {
  const state = new MpscState<T>(Infinity, options);
  return [new FreeSender(state), new StateReceiver(state)];
}
