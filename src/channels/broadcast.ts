import { currentRuntime } from "../core/ambient.js";
import { checkInteger } from "../core/check.js";
import type { Runtime } from "../core/runtime.js";
import { type Receiver, StateReceiver } from "./broadcast-receiver.js";
import { type Sender, StateSender } from "./broadcast-sender.js";
import { BroadcastState } from "./broadcast-state.js";

export type { Item, IterateOptions, LagPolicy, Receiver } from "./broadcast-receiver.js";
export type { Sender, WeakSender } from "./broadcast-sender.js";

/** How a broadcast channel is made. */
export interface ChannelOptions {
  /** What it is called where channels are observed. */
  readonly name?: string | undefined;
  /** Wakes and timeouts. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/**
 * A channel in which every receiver gets every message, keeping the last `capacity` for those who are slow.
 *
 * @remarks The capacity is exact; Tokio rounds it up to a power of two.
 * @throws RangeError when `capacity` is not a positive integer.
 *
 * @example
 * ```ts
 * import { broadcast } from "keelson/channels";
 *
 * const [tx, rx] = broadcast.channel<string>(2);
 * const late = tx.subscribe();
 * tx.send("a") // => 2
 * rx.tryRecv() // => { ok: true, value: "a" }
 * tx.send("b");
 * tx.send("c");
 * rx.tryRecv() // => { ok: true, value: "b" }
 * late.tryRecv() // => { ok: false, reason: "lagged", missed: 1 }
 * late.tryRecv() // => { ok: true, value: "b" }
 * ```
 */
export function channel<T>(capacity: number, options?: ChannelOptions): [tx: Sender<T>, rx: Receiver<T>] {
  const state = newState<T>(capacity, options);
  return [new StateSender(state), new StateReceiver(state)];
}

/**
 * The sending half alone, without receivers until it is subscribed to.
 *
 * @throws RangeError when `capacity` is not a positive integer.
 *
 * @example
 * ```ts
 * import { broadcast } from "keelson/channels";
 *
 * const events = broadcast.sender<string>(16);
 * events.send("nobody hears this") // => 0
 * using rx = events.subscribe();
 * events.send("hello") // => 1
 * ```
 */
export function sender<T>(capacity: number, options?: ChannelOptions): Sender<T> {
  return new StateSender(newState(capacity, options));
}

function newState<T>(capacity: number, options: ChannelOptions = {}): BroadcastState<T> {
  checkInteger("capacity", capacity, 1);
  const { name, runtime = currentRuntime() } = options;
  return new BroadcastState(capacity, runtime, name);
}
