import { currentRuntime } from "../core/ambient.js";
import type { Runtime } from "../core/runtime.js";
import { type Receiver, StateReceiver } from "./watch-receiver.js";
import { type Sender, StateSender } from "./watch-sender.js";
import { WatchState } from "./watch-state.js";

export type { Receiver } from "./watch-receiver.js";
export type { Sender } from "./watch-sender.js";

/** How a watch channel is made. */
export interface ChannelOptions<T> {
  /**
   * Tells values that need not be announced: a value that is sent and equals the current one is dropped.
   *
   * @defaultValue no two values are equal
   */
  readonly equals?: ((current: T, next: T) => boolean) | undefined;
  /** What it is called where channels are observed. */
  readonly name?: string | undefined;
  /** Wakes and timeouts. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/**
 * A value that many can watch: receivers see the latest one, and not necessarily those in between.
 *
 * @example
 * ```ts
 * import { watch } from "keelson/channels";
 *
 * const [tx, rx] = watch.channel({ level: "info" });
 * rx.hasChanged() // => false
 * tx.send({ level: "warn" });
 * tx.send({ level: "debug" });
 * await rx.changed() // => true
 * rx.value // => { level: "debug" }
 * ```
 */
export function channel<T>(initial: T, options?: ChannelOptions<T>): [tx: Sender<T>, rx: Receiver<T>] {
  const state = newState(initial, options);
  return [new StateSender(state), new StateReceiver(state, 0)];
}

/**
 * The sending half alone, without receivers until it is subscribed to.
 *
 * @example
 * ```ts
 * import { watch } from "keelson/channels";
 *
 * const ready = watch.sender(false);
 * ready.send(true) // => false
 * ready.sendReplace(true);
 * const rx = ready.subscribe();
 * await rx.waitFor((value) => value) // => { ok: true, value: true }
 * ```
 */
export function sender<T>(initial: T, options?: ChannelOptions<T>): Sender<T> {
  return new StateSender(newState(initial, options));
}

function newState<T>(initial: T, options: ChannelOptions<T> = {}): WatchState<T> {
  const { equals, name, runtime = currentRuntime() } = options;
  return new WatchState(initial, { equals, name, runtime });
}
