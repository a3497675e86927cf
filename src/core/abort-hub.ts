import { List, ListNode } from "./list.js";

/** Something that wants to know when a signal aborts. */
export interface AbortTarget {
  aborted(reason: unknown): void;
}

/**
 * One target's place in a signal's hub; unlink it to stop listening.
 *
 * @internal
 */
export class AbortRegistration extends ListNode {
  readonly #hub: Hub;
  readonly target: AbortTarget;

  constructor(hub: Hub, target: AbortTarget) {
    super();
    this.#hub = hub;
    this.target = target;
  }

  override unlink(): void {
    super.unlink();
    this.#hub.maybeIdle();
  }
}

/**
 * Idle hubs that keep their listener. A listener is dear to add (half a microsecond) and dear to leave behind on the
 * composite signals that frameworks make per request, so the last few are kept and older ones let go.
 */
const keptIdle = 64;
const idle = new List<Hub>();
const hubs = new WeakMap<AbortSignal, Hub>();

/** All of keelson's waits on one signal, behind one listener: eleven would print a warning on Node 20. */
class Hub extends ListNode {
  readonly targets: List<AbortRegistration> = new List<AbortRegistration>();
  readonly #signal: AbortSignal;
  readonly #onAbort = (): void => {
    const reason: unknown = this.#signal.reason;
    for (let next = this.targets.shift(); next !== undefined; next = this.targets.shift()) next.target.aborted(reason);
    hubs.delete(this.#signal);
  };

  constructor(signal: AbortSignal) {
    super();
    this.#signal = signal;
    hubs.set(signal, this);
    signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  maybeIdle(): void {
    if (this.targets.length > 0 || this.list !== undefined) return;
    idle.push(this);
    if (idle.length > keptIdle) idle.shift()?.letGo();
  }

  letGo(): void {
    if (this.targets.length > 0) return;
    hubs.delete(this.#signal);
    this.#signal.removeEventListener("abort", this.#onAbort);
  }
}

/**
 * Calls `target.aborted` once when `signal` aborts, unless unlinked before; the signal must not have aborted yet.
 *
 * @internal
 */
export function onAbort(signal: AbortSignal, target: AbortTarget): AbortRegistration {
  const hub = hubs.get(signal) ?? new Hub(signal);
  const registration = new AbortRegistration(hub, target);
  hub.targets.push(registration);
  return registration;
}
