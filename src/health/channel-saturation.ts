import { currentRuntime } from "../core/ambient.js";
import { checkNumber, checkObject } from "../core/check.js";
import { type Duration, toMs } from "../core/duration.js";
import type { Runtime } from "../core/runtime.js";
import type { HealthCheck } from "./health-check.js";
import { since } from "./since.js";

/** What {@link channelSaturation} asks; the receiver of a bounded channel has it. */
export interface ChannelLike {
  /** Messages in the buffer. */
  readonly length: number;
  /** How many fit in. */
  readonly maxCapacity: number;
}

/** When {@link channelSaturation} warns and fails. */
export interface ChannelSaturationOptions {
  /** The share of the buffer from which on it counts as saturated. @defaultValue `0.9` */
  readonly share?: number | undefined;
  /** How long it may be saturated: a burst is what a buffer is for. @defaultValue `"30s"` */
  readonly failAfter?: Duration | undefined;
  /** Clock. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/**
 * Whether a channel's receiver keeps up: warns while the buffer is nearly full, fails when it stays so.
 *
 * @remarks It looks only when it is asked, so probe it more often than `failAfter`.
 *
 * @example
 * ```ts
 * import { mpsc } from "keelson/channels";
 * import { channelSaturation } from "keelson/health";
 *
 * const [tx, rx] = mpsc.channel<number>(2);
 * const check = channelSaturation(rx);
 * await tx.send(1);
 * await tx.send(2);
 * await check({ signal: new AbortController().signal }) // => { status: "warn", message: "2 of 2 places are taken", details: { length: 2, capacity: 2 } }
 * ```
 */
export function channelSaturation(channel: ChannelLike, options: ChannelSaturationOptions = {}): HealthCheck {
  const { share = 0.9, runtime = currentRuntime() } = options;
  checkObject("channel", channel);
  checkNumber("channel.length", channel.length, 0);
  checkNumber("channel.maxCapacity", channel.maxCapacity, 1, Number.POSITIVE_INFINITY);
  checkNumber("share", share, 0, 1);
  const failAfterMs = toMs(options.failAfter ?? "30s", "failAfter");
  const saturated = since(runtime);
  return () => {
    const { length, maxCapacity: capacity } = channel;
    const isFull = length >= share * capacity;
    const forMs = saturated(isFull);
    return {
      status: !isFull ? "pass" : forMs >= failAfterMs ? "fail" : "warn",
      message: `${String(length)} of ${String(capacity)} places are taken`,
      details: { length, capacity },
    };
  };
}
