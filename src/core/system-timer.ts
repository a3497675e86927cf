import type { Host } from "./host.js";
import type { TimerHandle } from "./runtime.js";

// Node fires any timer above this at once, which would turn a long delay into a busy loop.
const longestTimeout: number = 2 ** 31 - 1;

interface Refable {
  ref?(): void;
  unref?(): void;
}

/**
 * A timer on the host's timeouts: never early (Node fires up to 0.7 ms early), of any length, cheap to push back. One
 * of infinite length never fires, and keeps the process alive as any other.
 *
 * @internal
 */
export class SystemTimer implements TimerHandle {
  readonly #host: Host;
  readonly #fn: () => void;
  #handle: unknown = undefined;
  #deadline = 0;
  /** When the host's timeout is due: at the deadline, or before it once the timer was pushed back. */
  #due = 0;
  #keepsAlive = true;

  constructor(host: Host, ms: number, fn: () => void) {
    this.#host = host;
    this.#fn = fn;
    this.reset(ms);
  }

  reset(ms: number): void {
    this.#deadline = this.#host.performance.now() + ms;
    if (this.#handle !== undefined && this.#due <= this.#deadline) return;
    this[Symbol.dispose]();
    this.#arm(ms);
  }

  ref(): void {
    this.#keepsAlive = true;
    (this.#handle as Refable | undefined)?.ref?.();
  }

  unref(): void {
    this.#keepsAlive = false;
    (this.#handle as Refable | undefined)?.unref?.();
  }

  [Symbol.dispose](): void {
    this.#host.clearTimeout(this.#handle as never);
    this.#handle = undefined;
  }

  #arm(ms: number): void {
    const wait = Math.min(Math.ceil(ms), longestTimeout);
    this.#due = this.#host.performance.now() + wait;
    this.#handle = this.#host.setTimeout(() => {
      this.#fire();
    }, wait);
    if (!this.#keepsAlive) this.unref();
  }

  #fire(): void {
    this.#handle = undefined;
    const left = this.#deadline - this.#host.performance.now();
    if (left > 0) this.#arm(left);
    else this.#fn();
  }
}
