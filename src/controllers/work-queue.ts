import { type Runtime, type TimerHandle, currentRuntime } from "../core/index.js";
import type { DiagnosticsChannel } from "../core/diagnostics.js";
import { DelayHeap } from "./delay-heap.js";
import { type WorkQueueEvent, queueAdds, queueDones, queueGets, queueRetries } from "./diagnostics.js";
import { ReadyLanes } from "./ready-lanes.js";
import { WorkItem } from "./work-item.js";

/** How an item is put on a {@link WorkQueue}. */
export interface EnqueueOptions {
  /** Milliseconds before it is due; of several, the shortest wins. @defaultValue `0` */
  readonly delayMs?: number;
  /** Higher ones are handed out first; of several, the highest wins. @defaultValue `0` */
  readonly priority?: number;
  /** Why, for traces; of several, the first stays. @defaultValue `"enqueued"` */
  readonly reason?: string;
}

/** Priority of what is only looked at again because the program started or a resync came. */
export const backgroundPriority = -100;

/**
 * Keys to be worked on: each at most once in the queue and never by two workers at a time.
 *
 * @remarks
 * Delay and priority live in the key's one entry, so a delayed entry does not fire again after an earlier add was
 * handled. A key that is added while it runs is handed out exactly once more.
 * @internal
 */
export class WorkQueue {
  /** Called whenever an item may be taken. */
  onReady: (() => void) | undefined = undefined;
  readonly #name: string;
  readonly #runtime: Runtime;
  readonly #items = new Map<string, WorkItem>();
  readonly #ready = new ReadyLanes();
  readonly #delayed = new DelayHeap();
  #timer: TimerHandle | undefined = undefined;
  #timerDue = Number.POSITIVE_INFINITY;
  #closed = false;

  constructor(runtime: Runtime = currentRuntime(), name = "queue") {
    this.#runtime = runtime;
    this.#name = name;
  }

  /** Keys that wait, ready or delayed. */
  get depth(): number {
    return this.#ready.length + this.#delayed.length;
  }

  /** Keys whose turn may come now. */
  get readyDepth(): number {
    return this.#ready.length;
  }

  /** Puts a key on the queue, or changes when and how soon its turn comes; a delay of 0 or less is none. */
  add(key: string, options?: EnqueueOptions): void {
    if (this.#closed) return;
    const delayMs = options?.delayMs ?? 0;
    const priority = options?.priority ?? 0;
    const reason = options?.reason ?? "enqueued";
    const due = delayMs <= 0 ? 0 : this.#runtime.now() + delayMs;
    let item = this.#items.get(key);
    if (item === undefined) this.#items.set(key, (item = new WorkItem(key)));
    // Told first: that it is there may make it be taken at once.
    if (queueAdds.hasSubscribers) this.#publish(queueAdds, key, priority, undefined, item.state === "idle" ? 1 : 0);
    this.#merge(item, priority, due, reason);
  }

  /** Takes the next key (`at`: when); `undefined` when none is ready. Give it back with {@link WorkQueue.done}. */
  get(at?: number): WorkItem | undefined {
    const item = this.#ready.shift();
    if (item === undefined) return undefined;
    item.state = "running";
    if (queueGets.hasSubscribers) this.#publish(queueGets, item.key, item.priority, this.#lap(item, at));
    return item;
  }

  /** Says that the work on an item that was taken begins only now: what was added since needs no further turn. */
  begin(item: WorkItem): void {
    item.state = "running";
    item.since = queueDones.hasSubscribers ? this.#runtime.now() : -1;
  }

  /** Says that the work on an item is over (`at`: when); if its key was added meanwhile, it is queued again. */
  done(item: WorkItem, at?: number): void {
    if (queueDones.hasSubscribers) this.#publish(queueDones, item.key, item.priority, this.#lap(item, at));
    const again = item.state;
    item.state = "idle";
    if (this.#closed || again === "running") return;
    const isDue = again === "running-again" || item.due <= this.#runtime.now();
    this.#place(item, isDue ? 0 : item.due);
  }

  /** Forgets a key that nothing is to be done for and that may never come back. */
  forget(key: string): void {
    if (this.#items.get(key)?.state === "idle") this.#items.delete(key);
  }

  /** Forgets everything that is not running, and takes nothing more. */
  close(): void {
    this.#closed = true;
    this.#timer?.[Symbol.dispose]();
    this.#ready.clear();
    this.#delayed.clear();
    for (const [key, item] of this.#items) {
      if (item.state === "ready" || item.state === "delayed") this.#items.delete(key);
    }
  }

  /** Tells whoever listens that an item failed and was put off. */
  tellRetry(item: WorkItem, delayMs: number): void {
    if (queueRetries.hasSubscribers) this.#publish(queueRetries, item.key, item.priority, delayMs);
  }

  #place(item: WorkItem, due: number): void {
    if (due === 0) {
      this.#makeReady(item);
    } else {
      item.state = "delayed";
      item.due = due;
      this.#delayed.push(item);
      this.#arm();
    }
  }

  #merge(item: WorkItem, priority: number, due: number, reason: string): void {
    switch (item.state) {
      case "idle":
        item.priority = priority;
        item.reason = reason;
        this.#place(item, due);
        return;
      case "ready":
        if (priority > item.priority) this.#raise(item, priority);
        return;
      case "delayed":
        item.priority = Math.max(item.priority, priority);
        if (due < item.due) this.#hasten(item, due, reason);
        return;
      case "running":
        item.priority = priority;
        item.due = due;
        item.reason = reason;
        item.state = due === 0 ? "running-again" : "running-later";
        return;
      case "running-again":
      case "running-later":
        item.priority = Math.max(item.priority, priority);
        item.due = Math.min(item.due, due);
        if (item.due === 0) item.state = "running-again";
        return;
    }
  }

  #makeReady(item: WorkItem): void {
    item.state = "ready";
    item.due = 0;
    if (queueGets.hasSubscribers) item.since = this.#runtime.now();
    this.#ready.push(item);
    this.onReady?.();
  }

  #raise(item: WorkItem, priority: number): void {
    this.#ready.remove(item);
    item.priority = priority;
    this.#ready.push(item);
  }

  /** What wakes an item before its time is why it runs. */
  #hasten(item: WorkItem, due: number, reason: string): void {
    item.reason = reason;
    if (due === 0) {
      this.#delayed.remove(item);
      this.#makeReady(item);
    } else {
      this.#delayed.hasten(item, due);
      this.#arm();
    }
  }

  /** Sees to it that the timer fires no later than the first item is due; firing too early does no harm. */
  #arm(): void {
    const due = this.#delayed.nextDue ?? Number.POSITIVE_INFINITY;
    if (due >= this.#timerDue) return;
    this.#timerDue = due;
    const ms = due - this.#runtime.now();
    if (this.#timer !== undefined) {
      this.#timer.reset(ms);
      return;
    }
    const release = (): void => {
      this.#release();
    };
    this.#timer = this.#runtime.timer(ms, release, "work queue");
    this.#timer.unref(); // a resync far off is no reason to keep a process alive
  }

  #release(): void {
    const now = this.#runtime.now();
    for (let item = this.#delayed.take(now); item !== undefined; item = this.#delayed.take(now)) this.#makeReady(item);
    this.#timerDue = Number.POSITIVE_INFINITY;
    this.#arm();
  }

  /** Milliseconds since the item's last step; 0 if nobody measured that. */
  #lap(item: WorkItem, now: number = this.#runtime.now()): number {
    const lap = item.since === -1 ? 0 : now - item.since;
    item.since = now;
    return lap;
  }

  #publish(
    diagnostics: DiagnosticsChannel<WorkQueueEvent>,
    key: string,
    priority: number,
    durationMs?: number,
    more = 0,
  ): void {
    // One literal, not frozen: there are three of these per run, and freezing would cost more than the run.
    diagnostics.publish({ queue: this.#name, key, priority, depth: this.depth + more, durationMs });
  }
}
