import { type Section, method } from "./method.js";

/** Tokio's locks and signals. */
export const syncMethods: readonly Section[] = [
  {
    title: "Locks and signals",
    entry: "sync",
    methods: [
      method("Mutex::new", "Mutex"),
      method(
        "Mutex::lock, lock_owned",
        "Mutex.lock Mutex.runExclusive Mutex.guard",
        "`guard()` is the branch of a select",
      ),
      method("Mutex::try_lock, try_lock_owned", "Mutex.tryLock"),
      method("MutexGuard (deref), MutexGuard::mutex", "MutexGuard.value MutexGuard.mutex"),
      method("MutexGuard drop", "MutexGuard.release MutexGuard.@dispose"),
      method("RwLock::new, with_max_readers", "RwLock RwLockOptions.maxReaders"),
      method("RwLock::read, read_owned", "RwLock.read RwLock.reading", "`reading()` is the branch of a select"),
      method("RwLock::write, write_owned", "RwLock.write RwLock.writing", "`writing()` is the branch of a select"),
      method("RwLock::try_read, try_write", "RwLock.tryRead RwLock.tryWrite"),
      method("RwLockReadGuard", "ReadGuard.value ReadGuard.release ReadGuard.@dispose"),
      method("RwLockWriteGuard", "WriteGuard.value WriteGuard.release WriteGuard.@dispose"),
      method("RwLockWriteGuard::downgrade", "WriteGuard.downgrade"),
      method("Semaphore::new, MAX_PERMITS", "Semaphore", "at most `Number.MAX_SAFE_INTEGER`"),
      method(
        "Semaphore::acquire, acquire_many",
        "Semaphore.acquire Semaphore.permits",
        "`permits()` is the branch of a select",
      ),
      method("Semaphore::try_acquire, try_acquire_many", "Semaphore.tryAcquire"),
      method("Semaphore::add_permits, forget_permits", "Semaphore.addPermits Semaphore.forgetPermits"),
      method("Semaphore::available_permits", "Semaphore.availablePermits"),
      method("Semaphore::close, is_closed", "Semaphore.close Semaphore.isClosed"),
      method(
        "SemaphorePermit::forget, merge, split",
        "SemaphorePermit.forget SemaphorePermit.merge SemaphorePermit.split",
      ),
      method("SemaphorePermit::num_permits, semaphore", "SemaphorePermit.count SemaphorePermit.semaphore"),
      method("SemaphorePermit drop", "SemaphorePermit.release SemaphorePermit.@dispose"),
      method("Notify::new", "Notify"),
      method("Notify::notified, notified_owned", "Notify.notified", "registered by the call: `enable` is not needed"),
      method(
        "Notify::notify_one, notify_last, notify_waiters",
        "Notify.notifyOne Notify.notifyLast Notify.notifyWaiters",
      ),
      method("Barrier::new", "Barrier"),
      method(
        "Barrier::wait, BarrierWaitResult::is_leader",
        "Barrier.wait BarrierPass.leader",
        "an abort takes the arrival back",
      ),
      method("OnceCell::new, new_with", "OnceCell OnceCellOptions.value"),
      method("OnceCell::get_or_init, get_or_try_init", "OnceCell.getOrInit"),
      method("OnceCell::set", "OnceCell.set", "a boolean; `isInitialized` tells a value from one being made"),
      method("OnceCell::get, take, initialized", "OnceCell.get OnceCell.take OnceCell.isInitialized"),
      method("SetOnce::new, new_with", "SetOnce SetOnceOptions.value"),
      method("SetOnce::set, get, wait, initialized", "SetOnce.set SetOnce.get SetOnce.wait SetOnce.isInitialized"),
    ],
  },
];
