import { type DiagnosticsChannel, diagnosticsChannel } from "../core/diagnostics.js";

/**
 * What is published on `keelson:channel:open`, `:send`, `:recv`, `:close` and `:lag`.
 *
 * @remarks Never holds a message.
 */
export interface ChannelEvent {
  /** Which kind of channel it is. */
  readonly kind: "mpsc" | "watch" | "broadcast" | "oneshot";
  /** Tells channels of one process apart. */
  readonly channel: number;
  /** The channel's `name` option. */
  readonly name: string | undefined;
  /** Messages now in the buffer. */
  readonly length: number;
  /** How many fit in. */
  readonly capacity: number;
  /** Senders now open. */
  readonly senders: number;
  /** Receivers now open. */
  readonly receivers: number;
  /** `lag` only: how many messages the receiver missed. */
  readonly missed?: number;
}

/** What a channel's state knows about itself; the numbers are read only while somebody listens. */
export interface Observed {
  describe(): Omit<ChannelEvent, "missed">;
}

/** A channel was made. */
export const opened: DiagnosticsChannel<ChannelEvent> = /* @__PURE__ */ diagnosticsChannel("keelson:channel:open");
/** A message was taken in. */
export const sent: DiagnosticsChannel<ChannelEvent> = /* @__PURE__ */ diagnosticsChannel("keelson:channel:send");
/** A message was handed out. */
export const received: DiagnosticsChannel<ChannelEvent> = /* @__PURE__ */ diagnosticsChannel("keelson:channel:recv");
/** A channel takes no more messages. */
export const closed: DiagnosticsChannel<ChannelEvent> = /* @__PURE__ */ diagnosticsChannel("keelson:channel:close");
/** A receiver of a broadcast missed messages. */
export const lagged: DiagnosticsChannel<ChannelEvent> = /* @__PURE__ */ diagnosticsChannel("keelson:channel:lag");

let channels = 0;

/** The number of a new channel. */
export function nextChannel(): number {
  channels += 1;
  return channels;
}

/** Publishes what a channel is like now; call it only where `hasSubscribers`, so that nothing is computed in vain. */
export function publish(
  diagnostics: DiagnosticsChannel<ChannelEvent>,
  channel: Observed,
  lag?: { missed: number },
): void {
  diagnostics.publish(Object.freeze({ ...channel.describe(), ...lag }));
}
