import { EventEmitter } from "eventemitter3";
import { currentRuntime } from "./ambient.js";

/** Events of one object: for each name, what its listeners are called with. */
export type EventMap = Readonly<Record<string, readonly unknown[]>>;

/** The side of an {@link Emitter} that its object shows: whoever holds it can listen, not emit. */
export interface Events<E extends object> {
  /** Listens until what it returns is disposed. */
  on<K extends keyof E & string>(event: K, listener: Listener<E[K]>): Disposable;
  /** Listens to the next one only. */
  once<K extends keyof E & string>(event: K, listener: Listener<E[K]>): Disposable;
  /** How many listen to `event`. */
  listenerCount(event: keyof E & string): number;
}

/** A function that takes what goes with an event. */
export type Listener<A> = (...args: A extends readonly unknown[] ? A : never) => void;

/**
 * The lifecycle events of one long-lived object, for its owner: part of the object's contract.
 *
 * @remarks
 * Listeners run at once, in the order in which they came. One that throws stops neither the emitter nor the others;
 * its error goes to the runtime's `report`.
 *
 * @example
 * ```ts
 * import { Emitter } from "keelson/core";
 *
 * const events = new Emitter<{ elected: [token: number] }>();
 * const tokens: number[] = [];
 * using listening = events.on("elected", (token) => tokens.push(token));
 * events.emit("elected", 7) // => true
 * tokens // => [7]
 * ```
 */
export class Emitter<E extends object> implements Events<E> {
  readonly #events = new EventEmitter();

  /** Calls the listeners of `event`; tells whether there were any. */
  emit<K extends keyof E & string>(event: K, ...args: E[K] extends readonly unknown[] ? E[K] : never): boolean {
    return this.#events.emit(event, ...args);
  }

  on<K extends keyof E & string>(event: K, listener: Listener<E[K]>): Disposable {
    const guarded = guard(listener);
    this.#events.on(event, guarded);
    return { [Symbol.dispose]: () => void this.#events.off(event, guarded) };
  }

  once<K extends keyof E & string>(event: K, listener: Listener<E[K]>): Disposable {
    const guarded = guard(listener);
    this.#events.once(event, guarded);
    return { [Symbol.dispose]: () => void this.#events.off(event, guarded) };
  }

  listenerCount(event: keyof E & string): number {
    return this.#events.listenerCount(event);
  }
}

function guard<A>(listener: Listener<A>): (...args: unknown[]) => void {
  const runtime = currentRuntime();
  return (...args) => {
    try {
      (listener as (...args: unknown[]) => void)(...args);
    } catch (error) {
      runtime.report(error, { task: "event listener" });
    }
  };
}
