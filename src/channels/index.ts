/**
 * Channels between tasks, and `select` over everything that can be waited for.
 *
 * @module channels
 */
export * as broadcast from "./broadcast.js";
export * as mpsc from "./mpsc.js";
export * as oneshot from "./oneshot.js";
export * as watch from "./watch.js";
export type { ChannelEvent } from "./diagnostics.js";
export { AllBranchesDisabledError, ChannelClosedError, LaggedError } from "./errors.js";
export type { Closed, Empty, Lagged, Received, TryReceived } from "./received.js";
export type { WeakHandle } from "./weak-handle.js";
export { select, trySelect } from "./select.js";
export type {
  Branch,
  Branches,
  BranchValue,
  Disabled,
  Named,
  OrElse,
  Otherwise,
  Selected,
  SelectOptions,
  SelectOrder,
} from "./select-types.js";
export { type BranchName, type Replacement, type Selector, selector } from "./selector.js";
export { chunksTimeout } from "./chunks-timeout.js";
export { itemTimeout } from "./item-timeout.js";
export { type ItemOf, merge } from "./merge.js";
export { StreamMap } from "./stream-map.js";
export { type StreamOptions, throttle } from "./throttle.js";
export { type Feed, type FromAsyncIterableOptions, fromAsyncIterable } from "./from-async-iterable.js";
export { type EventReceiver, type EventSource, type FromEventsOptions, fromEvents } from "./from-events.js";
export { fromReadableStream, toReadableStream, toWritable } from "./web-streams.js";
