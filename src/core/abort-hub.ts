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
  readonly target: AbortTarget;

  constructor(target: AbortTarget) {
    super();
    this.target = target;
  }
}

/**
 * Idle hubs that keep their listener. A listener is dear to add (half a microsecond) and dear to leave behind on the
 * composite signals that frameworks make per request, so the last few are kept and older ones let go.
 */
const keptIdle = 64;
const idle = new Set<Hub>();
const hubs = new WeakMap<AbortSignal, Hub>();

/** All of keelson's waits on one signal, behind one listener: eleven would print a warning on Node 20. */
class Hub extends List<AbortRegistration> {
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    super();
    this.#signal = signal;
    hubs.set(signal, this);
    signal.addEventListener("abort", this, { once: true });
  }

  handleEvent(): void {
    const reason: unknown = this.#signal.reason;
    for (let next = this.shift(); next !== undefined; next = this.shift()) next.target.aborted(reason);
  }

  override remove(node: AbortRegistration): void {
    super.remove(node);
    if (this.last !== undefined) return;
    idle.add(this);
    const [oldest] = idle;
    if (idle.size > keptIdle) oldest?.letGo();
  }

  letGo(): void {
    idle.delete(this);
    if (this.last !== undefined) return;
    hubs.delete(this.#signal);
    this.#signal.removeEventListener("abort", this);
  }
}

/**
 * Calls `target.aborted` once when `signal` aborts, unless unlinked before; the signal must not have aborted yet.
 *
 * @internal
 */
export function onAbort(signal: AbortSignal, target: AbortTarget): AbortRegistration {
  const hub = hubs.get(signal) ?? new Hub(signal);
  const registration = new AbortRegistration(target);
  hub.push(registration);
  return registration;
}
