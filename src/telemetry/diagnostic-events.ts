import type { ChannelEvent } from "../channels/index.js";
import type {
  CacheStats,
  HotLoopEvent,
  ReconcileEvent,
  ReconcileStartEvent,
  StaleSyncEvent,
  WorkQueueEvent,
} from "../controllers/index.js";
import type { CircuitEvent, HedgeEvent, RetryAttemptEvent, RetryCallEvent } from "../resilience/index.js";
import type { LeaseEvent, StoreCallEvent, StoreLagEvent, StoreRetryEvent } from "../store/index.js";
import type { SpanEvent, SpanStartEvent } from "./diagnostics.js";

/** Every diagnostics channel of keelson, and what is published on it. */
export interface DiagnosticEvents {
  /** A channel was made. */
  readonly "keelson:channel:open": ChannelEvent;
  /** A message was taken in. */
  readonly "keelson:channel:send": ChannelEvent;
  /** A message was handed out. */
  readonly "keelson:channel:recv": ChannelEvent;
  /** A channel takes no more messages. */
  readonly "keelson:channel:close": ChannelEvent;
  /** A receiver of a broadcast missed messages. */
  readonly "keelson:channel:lag": ChannelEvent;
  /** An attempt failed and another will follow. */
  readonly "keelson:retry:attempt": RetryAttemptEvent;
  /** A call with its retries has ended. */
  readonly "keelson:retry:call": RetryCallEvent;
  /** An attempt is started beside a slow one. */
  readonly "keelson:hedge": HedgeEvent;
  /** A circuit breaker changed its state. */
  readonly "keelson:circuit": CircuitEvent;
  /** A call of a store ended. */
  readonly "keelson:store:call": StoreCallEvent;
  /** A driver tries again what failed. */
  readonly "keelson:store:retry": StoreRetryEvent;
  /** A watch was ended because its consumer fell behind. */
  readonly "keelson:store:lag": StoreLagEvent;
  /** A lease was granted, kept alive, or ended. */
  readonly "keelson:lease": LeaseEvent;
  /** A key was put on a controller's queue. */
  readonly "keelson:workqueue:add": WorkQueueEvent;
  /** A key was taken to be worked on. */
  readonly "keelson:workqueue:get": WorkQueueEvent;
  /** The work on a key is over. */
  readonly "keelson:workqueue:done": WorkQueueEvent;
  /** A key that failed was put back. */
  readonly "keelson:workqueue:retry": WorkQueueEvent;
  /** A reconcile began. */
  readonly "keelson:reconcile:start": ReconcileStartEvent;
  /** A key was not run, as a cache had not seen what it wrote last. */
  readonly "keelson:reconcile:stale": StaleSyncEvent;
  /** A key keeps waking itself. */
  readonly "keelson:reconcile:hot": HotLoopEvent;
  /** A cache was brought up to date. */
  readonly "keelson:cache": CacheStats;
  /** A reconcile ended. */
  readonly "keelson:reconcile": ReconcileEvent;
  /** A call of an instrumented function begins. */
  readonly "keelson:span:start": SpanStartEvent;
  /** A call of an instrumented function ended. */
  readonly "keelson:span": SpanEvent;
}
