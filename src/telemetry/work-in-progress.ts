import type { Runtime, TimerHandle } from "../core/runtime.js";

/** How often it is told how long unfinished work has taken, as in client-go. */
const everyMs = 500;

/** Takes how long a queue's unfinished work has taken altogether, and the longest of it, in seconds. */
type Tell = (queue: string, unfinished: number, longest: number) => void;

/** The keys that queues have handed out: a reconcile that never ends shows nowhere else. */
export class WorkInProgress implements Disposable {
  readonly #runtime: Runtime;
  readonly #tell: Tell;
  /** Of each queue, since when its keys are worked on. */
  readonly #queues = new Map<string, Map<string, number>>();
  #timer: TimerHandle | undefined = undefined;
  #isArmed = false;

  constructor(runtime: Runtime, tell: Tell) {
    this.#runtime = runtime;
    this.#tell = tell;
  }

  /** The work on a key begins. */
  begin(queue: string, key: string): void {
    let keys = this.#queues.get(queue);
    if (keys === undefined) this.#queues.set(queue, (keys = new Map<string, number>()));
    keys.set(key, this.#runtime.now());
    if (!this.#isArmed) this.#arm();
  }

  /** The work on a key is over. */
  end(queue: string, key: string): void {
    this.#queues.get(queue)?.delete(key);
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
  }

  #arm(): void {
    this.#isArmed = true;
    if (this.#timer === undefined) this.#timer = this.#runtime.timer(everyMs, this.#look, "unfinished work");
    else this.#timer.reset(everyMs);
    this.#timer.unref();
  }

  readonly #look = (): void => {
    this.#isArmed = false;
    const now = this.#runtime.now();
    for (const [queue, keys] of this.#queues) {
      let [unfinished, longest] = [0, 0];
      for (const since of keys.values()) {
        unfinished += now - since;
        longest = Math.max(longest, now - since);
      }
      this.#tell(queue, unfinished / 1_000, longest / 1_000);
      if (keys.size === 0) this.#queues.delete(queue); // told once more, so that it does not stay as it was
    }
    if (this.#queues.size > 0) this.#arm();
  };
}
