/**
 * Channels between tasks, and `select` over everything that can be waited for.
 *
 * @module channels
 */
export * as mpsc from "./mpsc.js";
export * as watch from "./watch.js";
export type { ChannelEvent } from "./diagnostics.js";
export { ChannelClosedError } from "./errors.js";
export type { Closed, Empty, Received, TryReceived } from "./received.js";
export type { WeakHandle } from "./weak-handle.js";
