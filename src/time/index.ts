/**
 * Sleeping, timers, intervals and deadlines on a clock that tests can hold.
 *
 * @module time
 */
export { DelayQueue, type DelayKey, type DelayQueueOptions, type Expired, type NextExpired } from "./delay-queue.js";
export { type Interval, type IntervalOptions, type MissedTicks, interval } from "./interval.js";
export { type SleepOptions, sleep, sleepUntil } from "./sleep.js";
export { type TimeoutOptions, timeout, timeoutAt } from "./timeout.js";
export { type Timer, type TimerOptions, timer } from "./timer.js";
export { consumeBudget, hasBudget, yieldNow } from "./yield.js";
