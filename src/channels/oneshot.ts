import { currentRuntime } from "../core/ambient.js";
import type { Runtime } from "../core/runtime.js";
import { Oneshot, type Receiver } from "./oneshot-receiver.js";
import { OneshotSender, type Sender } from "./oneshot-sender.js";

export type { Receiver } from "./oneshot-receiver.js";
export type { Sender } from "./oneshot-sender.js";

/** How a oneshot channel is made. */
export interface ChannelOptions {
  /** What it is called where channels are observed. */
  readonly name?: string | undefined;
  /** Wakes and timeouts. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/**
 * A channel for one value, such as the reply to a request.
 *
 * @example
 * ```ts
 * import { mpsc, oneshot } from "keelson/channels";
 *
 * const [requests, inbox] = mpsc.channel<{ n: number; reply: oneshot.Sender<number> }>(8);
 * const [reply, answer] = oneshot.channel<number>();
 * await requests.send({ n: 21, reply });
 * const request = inbox.tryRecv();
 * if (request.ok) request.value.reply.send(request.value.n * 2);
 * await answer.recv() // => { ok: true, value: 42 }
 * ```
 */
export function channel<T>({ name, runtime = currentRuntime() }: ChannelOptions = {}): [
  tx: Sender<T>,
  rx: Receiver<T>,
] {
  const receiver = new Oneshot<T>(runtime, name);
  return [new OneshotSender(receiver), receiver];
}
