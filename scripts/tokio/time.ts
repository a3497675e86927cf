import { type Section, method } from "./method.js";

/** Tokio's time and the clocks of tests. */
export const timeMethods: readonly Section[] = [
  {
    title: "Time",
    entry: "time",
    methods: [
      method("sleep, sleep_until", "sleep sleepUntil"),
      method("Sleep", "timer Timer.wait"),
      method("Sleep::deadline, is_elapsed, reset", "Timer.deadline Timer.isElapsed Timer.reset Timer.resetAt"),
      method("interval, interval_at", "interval IntervalOptions.start"),
      method("Interval::tick, poll_tick, period", "Interval.tick Interval.period Interval.@asyncIterator"),
      method(
        "Interval::reset, reset_immediately, reset_after, reset_at",
        "Interval.reset Interval.resetImmediately Interval.resetAfter Interval.resetAt",
      ),
      method(
        "missed_tick_behavior, set_missed_tick_behavior",
        "Interval.missed IntervalOptions.missed",
        '`"skip"` unless told otherwise, not a burst',
      ),
      method("timeout, timeout_at", "timeout timeoutAt", "passes a signal instead of dropping a future"),
      method("FutureExt::timeout, timeout_at", "timeout timeoutAt", "functions, since a promise has begun"),
      method("DelayQueue::new", "DelayQueue"),
      method("DelayQueue::insert, insert_at", "DelayQueue.insert DelayQueue.insertAt"),
      method("DelayQueue::poll_expired", "DelayQueue.next DelayQueue.@asyncIterator"),
      method("DelayQueue::remove, try_remove", "DelayQueue.remove DelayQueue.tryRemove"),
      method("DelayQueue::reset, reset_at, deadline", "DelayQueue.reset DelayQueue.resetAt DelayKey.deadline"),
      method("DelayQueue::peek, clear", "DelayQueue.peek DelayQueue.clear"),
      method("DelayQueue::len, is_empty", "DelayQueue.length DelayQueue.isEmpty"),
      method("Expired::get_ref, into_inner, deadline, key", "Expired.value Expired.deadline Expired.key"),
      method("yield_now", "yieldNow"),
      method(
        "coop::consume_budget, has_budget_remaining",
        "consumeBudget hasBudget",
        "every wait of ours counts by itself",
      ),
    ],
  },
  {
    title: "Clock",
    entry: "core",
    methods: [
      method("Instant::now", "currentRuntime Runtime.now", "milliseconds, a plain number to reckon with"),
      method("error::Elapsed", "TimeoutError TimeoutError.timeoutMs"),
    ],
  },
  {
    title: "Clock of a test",
    entry: "testing",
    methods: [
      method("pause, start_paused", "virtualTime VirtualTime.runtime"),
      method("resume", "VirtualTime.@dispose"),
      method("advance", "VirtualTime.advance", "`autoAdvance` jumps when nothing else can happen"),
    ],
  },
];
