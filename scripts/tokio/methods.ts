/**
 * Tokio's methods and where they are here: the data behind `guides/tokio-methods.md`. Models are tokio 1.53,
 * tokio-util 0.7 and tokio-stream 0.1. A test looks up every member on the public surface.
 *
 * @module
 */

/** One of Tokio's methods, or several of a kind. */
export interface Method {
  readonly tokio: string;
  /** Members of the entry point: `mpsc.Sender.send`, `Mutex.lock`, `sleep`; `@dispose` stands for `[Symbol.dispose]`. */
  readonly ours: readonly string[];
  /** What differs, if anything does. */
  readonly note?: string;
}

/** What belongs together, in one entry point. */
export interface Section {
  readonly title: string;
  readonly entry: "channels" | "sync" | "time" | "tasks" | "tasks/local";
  readonly methods: readonly Method[];
}

function method(tokio: string, ours: string, note?: string): Method {
  return { tokio, ours: ours.split(" "), ...(note === undefined ? {} : { note }) };
}

export const sections: readonly Section[] = [
  {
    title: "mpsc",
    entry: "channels",
    methods: [
      method("channel", "mpsc.channel"),
      method("unbounded_channel", "mpsc.unbounded"),
      method("Sender::send", "mpsc.Sender.send", "rejects with `ChannelClosedError`, which carries the value"),
      method("Sender::send_timeout", "mpsc.Sender.send", "its `timeout` option"),
      method("Sender::try_send", "mpsc.Sender.trySend", "a boolean; `isClosed` tells full from closed"),
      method("UnboundedSender::send", "mpsc.UnboundedSender.send"),
      method("reserve, reserve_owned", "mpsc.Sender.reserve"),
      method("reserve_many", "mpsc.Sender.reserveMany"),
      method("try_reserve, try_reserve_owned", "mpsc.Sender.tryReserve"),
      method("try_reserve_many", "mpsc.Sender.tryReserveMany"),
      method("Permit::send, OwnedPermit::send", "mpsc.Permit.send"),
      method("OwnedPermit::release, drop", "mpsc.Permit.release mpsc.Permit.@dispose"),
      method("OwnedPermit::same_channel", "mpsc.Permit.sameChannel"),
      method("PermitIterator", "mpsc.PermitBatch.@iterator mpsc.PermitBatch.length mpsc.PermitBatch.release"),
      method("Sender::closed", "mpsc.Sender.closed mpsc.Sender.closing", "`closing()` is the branch of a select"),
      method("Sender::is_closed", "mpsc.Sender.isClosed"),
      method("capacity, max_capacity", "mpsc.Sender.capacity mpsc.Sender.maxCapacity mpsc.Receiver.capacity"),
      method("same_channel", "mpsc.Sender.sameChannel"),
      method("clone, drop", "mpsc.Sender.clone mpsc.Sender.close mpsc.Sender.@dispose"),
      method("downgrade, WeakSender::upgrade", "mpsc.Sender.downgrade mpsc.WeakSender.upgrade"),
      method("strong_count, weak_count", "mpsc.Sender.strongCount mpsc.Sender.weakCount"),
      method("sender_strong_count, sender_weak_count", "mpsc.Receiver.senderStrongCount mpsc.Receiver.senderWeakCount"),
      method("Receiver::recv", "mpsc.Receiver.recv mpsc.Receiver.orClosed", "`orClosed()` is the branch of a select"),
      method("recv_many", "mpsc.Receiver.recvMany mpsc.Receiver.batch mpsc.Receiver.batches"),
      method("try_recv", "mpsc.Receiver.tryRecv"),
      method("Receiver::close", "mpsc.Receiver.close"),
      method("Receiver::is_closed, is_empty, len", "mpsc.Receiver.isClosed mpsc.Receiver.isEmpty mpsc.Receiver.length"),
      method("poll_recv", "mpsc.Receiver.readable", "or the receiver as a branch of a select"),
      method("Receiver drop", "mpsc.Receiver.@dispose", "what is discarded goes to `onDiscard`"),
      method("ReceiverStream", "mpsc.Receiver.@asyncIterator"),
      method("PollSender", "toWritable", "a web stream"),
    ],
  },
  {
    title: "watch",
    entry: "channels",
    methods: [
      method("channel, Sender::new", "watch.channel"),
      method("send", "watch.Sender.send", "`false` without receivers, and then nothing is stored"),
      method("send_modify", "watch.Sender.sendModify watch.Sender.update"),
      method("send_if_modified", "watch.Sender.sendIfModified"),
      method("send_replace", "watch.Sender.sendReplace"),
      method("borrow", "watch.Sender.value watch.Receiver.value"),
      method("borrow_and_update", "watch.Receiver.take"),
      method("Ref::has_changed", "watch.Receiver.peek"),
      method("changed", "watch.Receiver.changed", "`false` at the end"),
      method("has_changed", "watch.Receiver.hasChanged", "`false` when closed and seen"),
      method("mark_changed, mark_unchanged", "watch.Receiver.markChanged watch.Receiver.markUnchanged"),
      method("wait_for", "watch.Receiver.waitFor"),
      method(
        "closed, is_closed",
        "watch.Sender.closed watch.Sender.closing watch.Sender.isClosed watch.Receiver.isClosed",
      ),
      method("subscribe", "watch.Sender.subscribe"),
      method("receiver_count, sender_count", "watch.Sender.receiverCount watch.Sender.senderCount"),
      method("same_channel, clone, drop", "watch.Receiver.sameChannel watch.Receiver.clone watch.Receiver.close"),
      method("WatchStream::new", "watch.Receiver.@asyncIterator"),
      method("WatchStream::from_changes", "watch.Receiver.changes"),
    ],
  },
  {
    title: "broadcast",
    entry: "channels",
    methods: [
      method("channel", "broadcast.channel", "the capacity is exact, not rounded up"),
      method("Sender::new", "broadcast.sender"),
      method("send", "broadcast.Sender.send", "how many receive it; 0 is nobody"),
      method("subscribe, resubscribe", "broadcast.Sender.subscribe broadcast.Receiver.resubscribe"),
      method("len, is_empty", "broadcast.Sender.length broadcast.Sender.isEmpty broadcast.Receiver.length"),
      method("recv", "broadcast.Receiver.recv broadcast.Receiver.orClosed", "a lag is a result"),
      method("try_recv", "broadcast.Receiver.tryRecv"),
      method("closed", "broadcast.Sender.closed broadcast.Sender.closing"),
      method("is_closed", "broadcast.Sender.isClosed broadcast.Receiver.isClosed"),
      method("receiver_count, strong_count, weak_count", "broadcast.Sender.receiverCount broadcast.Sender.strongCount"),
      method("downgrade, WeakSender::upgrade", "broadcast.Sender.downgrade broadcast.WeakSender.upgrade"),
      method("BroadcastStream", "broadcast.Receiver.@asyncIterator broadcast.Receiver.messages"),
    ],
  },
  {
    title: "oneshot",
    entry: "channels",
    methods: [
      method("channel", "oneshot.channel"),
      method("Sender::send", "oneshot.Sender.send", "a second one throws"),
      method("Sender::closed, is_closed", "oneshot.Sender.closed oneshot.Sender.closing oneshot.Sender.isClosed"),
      method("Receiver (a future)", "oneshot.Receiver.recv", "it has no `then`"),
      method("Receiver::try_recv, close", "oneshot.Receiver.tryRecv oneshot.Receiver.close"),
      method("Receiver::is_terminated, is_empty", "oneshot.Receiver.isTerminated oneshot.Receiver.isEmpty"),
    ],
  },
  {
    title: "select and streams",
    entry: "channels",
    methods: [
      method("select!", "select selector trySelect", '`orElse` is its `else`; `order: "biased"` its `biased`'),
      method(
        "StreamMap",
        "StreamMap.insert StreamMap.remove StreamMap.has StreamMap.keys StreamMap.clear StreamMap.size",
      ),
      method("StreamMap::next, next_many", "StreamMap.next StreamMap.nextMany StreamMap.@asyncIterator"),
      method("StreamExt::merge", "merge"),
      method("StreamExt::throttle", "throttle"),
      method("StreamExt::chunks_timeout", "chunksTimeout"),
    ],
  },
  {
    title: "Locks and signals",
    entry: "sync",
    methods: [
      method(
        "Mutex::lock, lock_owned",
        "Mutex.lock Mutex.runExclusive Mutex.guard",
        "`guard()` is the branch of a select",
      ),
      method("Mutex::try_lock", "Mutex.tryLock"),
      method("MutexGuard", "MutexGuard.value MutexGuard.mutex MutexGuard.release MutexGuard.@dispose"),
      method("RwLock::read, write", "RwLock.read RwLock.write RwLock.reading RwLock.writing"),
      method("RwLock::try_read, try_write", "RwLock.tryRead RwLock.tryWrite"),
      method("RwLockWriteGuard::downgrade", "WriteGuard.downgrade"),
      method("Semaphore::acquire, acquire_many", "Semaphore.acquire Semaphore.permits"),
      method("Semaphore::try_acquire, try_acquire_many", "Semaphore.tryAcquire"),
      method("add_permits, forget_permits", "Semaphore.addPermits Semaphore.forgetPermits"),
      method("available_permits, close, is_closed", "Semaphore.availablePermits Semaphore.close Semaphore.isClosed"),
      method(
        "SemaphorePermit::forget, merge, split",
        "SemaphorePermit.forget SemaphorePermit.merge SemaphorePermit.split",
      ),
      method("num_permits, semaphore", "SemaphorePermit.count SemaphorePermit.semaphore"),
      method("Notify::notified", "Notify.notified", "registered by the call: `enable` is not needed"),
      method("notify_one, notify_last, notify_waiters", "Notify.notifyOne Notify.notifyLast Notify.notifyWaiters"),
      method("Barrier::wait", "Barrier.wait", "an abort takes the arrival back"),
      method("OnceCell::get_or_init, get_or_try_init", "OnceCell.getOrInit"),
      method("OnceCell::get, set, take, initialized", "OnceCell.get OnceCell.set OnceCell.take OnceCell.isInitialized"),
      method("SetOnce::set, get, wait, initialized", "SetOnce.set SetOnce.get SetOnce.wait SetOnce.isInitialized"),
    ],
  },
  {
    title: "Time",
    entry: "time",
    methods: [
      method("sleep, sleep_until", "sleep sleepUntil"),
      method("Sleep::deadline, is_elapsed, reset", "timer Timer.deadline Timer.isElapsed Timer.reset Timer.resetAt"),
      method("interval, interval_at", "interval", "missed ticks are skipped unless told otherwise"),
      method("Interval::tick, period", "Interval.tick Interval.period Interval.@asyncIterator"),
      method(
        "reset, reset_immediately, reset_after, reset_at",
        "Interval.reset Interval.resetImmediately Interval.resetAfter Interval.resetAt",
      ),
      method("set_missed_tick_behavior", "Interval.missed"),
      method("timeout, timeout_at", "timeout timeoutAt", "passes a signal instead of dropping a future"),
      method("DelayQueue::insert, insert_at", "DelayQueue.insert DelayQueue.insertAt"),
      method("DelayQueue::poll_expired", "DelayQueue.next DelayQueue.@asyncIterator"),
      method("DelayQueue::remove, try_remove", "DelayQueue.remove DelayQueue.tryRemove"),
      method("DelayQueue::reset, reset_at, deadline", "DelayQueue.reset DelayQueue.resetAt DelayKey.deadline"),
      method(
        "DelayQueue::peek, clear, len, is_empty",
        "DelayQueue.peek DelayQueue.clear DelayQueue.length DelayQueue.isEmpty",
      ),
      method("yield_now, coop::consume_budget", "yieldNow consumeBudget"),
    ],
  },
  {
    title: "Tasks",
    entry: "tasks",
    methods: [
      method("spawn", "spawn"),
      method(
        "JoinHandle, AbortHandle",
        "TaskHandle.join TaskHandle.abort TaskHandle.isFinished TaskHandle.id",
        "not thenable",
      ),
      method("AbortOnDropHandle", "TaskHandle.@dispose TaskHandle.@asyncDispose"),
      method("JoinError", "JoinError.kind"),
      method("JoinSet::spawn, len, is_empty", "JoinSet.spawn JoinSet.length JoinSet.isEmpty"),
      method(
        "join_next, join_next_with_id, try_join_next",
        "JoinSet.joinNext JoinSet.tryJoinNext JoinSet.@asyncIterator",
      ),
      method(
        "join_all, shutdown, abort_all, detach_all",
        "JoinSet.joinAll JoinSet.shutdown JoinSet.abortAll JoinSet.detachAll",
      ),
      method("JoinMap", "JoinMap.spawn JoinMap.joinNext JoinMap.tryJoinNext JoinMap.has JoinMap.keys"),
      method(
        "JoinMap::abort, abort_matching",
        "JoinMap.abort JoinMap.abortMatching JoinMap.abortAll JoinMap.detachAll JoinMap.shutdown",
      ),
      method(
        "JoinQueue",
        "JoinQueue.spawn JoinQueue.joinNext JoinQueue.tryJoinNext JoinQueue.joinAll JoinQueue.shutdown",
      ),
      method("TaskTracker::spawn, track_future, token", "TaskTracker.spawn TaskTracker.track TaskTracker.token"),
      method(
        "TaskTracker::wait, close, reopen",
        "TaskTracker.wait TaskTracker.close TaskTracker.reopen TaskTracker.isClosed",
      ),
      method("TaskTracker::len, is_empty", "TaskTracker.length TaskTracker.isEmpty"),
      method("CancellationToken::new, child_token", "CancellationToken CancellationToken.childToken"),
      method(
        "cancel, is_cancelled, cancelled",
        "CancellationToken.cancel CancellationToken.isCancelled CancellationToken.cancelled",
      ),
      method("drop_guard, DropGuard::disarm", "CancellationToken.dropGuard DropGuard.disarm DropGuard.token"),
      method("run_until_cancelled", "CancellationToken.runUntilCancelled"),
      method("join!, try_join!", "join tryJoin", "`tryJoin` cancels and awaits the rest"),
    ],
  },
  {
    title: "Task locals",
    entry: "tasks/local",
    methods: [method("task_local!, scope, get, try_get", "taskLocal TaskLocal.run TaskLocal.get TaskLocal.tryGet")],
  },
];
