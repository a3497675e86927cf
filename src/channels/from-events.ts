import { type AbortRegistration, onAbort } from "../core/abort-hub.js";
import { checkFunction, checkOneOf, shown } from "../core/check.js";
import { currentRuntime } from "../core/ambient.js";
import type { Runtime } from "../core/runtime.js";
import type { Selectable, Source } from "../core/selectable.js";
import type { WaitOptions } from "../core/wait.js";
import { channel, type Receiver } from "./mpsc.js";
import type { Sender } from "./mpsc-sender.js";
import type { Received, TryReceived } from "./received.js";

type Listener = (...args: unknown[]) => void;

/** Whatever emits events: an emitter as Node's, an `EventTarget`, or one whose `on` returns something to dispose of. */
export type EventSource =
  | {
      /** Begins to listen; what it returns may be disposed of to end that. */
      on(name: string, listener: Listener): unknown;
      /** Ends it. */
      off?(name: string, listener: Listener): unknown;
    }
  | {
      /** Begins to listen. */
      addEventListener(name: string, listener: Listener): void;
      /** Ends it. */
      removeEventListener(name: string, listener: Listener): void;
    };

/** How {@link fromEvents} listens. */
export interface FromEventsOptions<T> {
  /** How many events are kept for a consumer that is slow. @defaultValue `1024` */
  readonly capacity?: number | undefined;
  /** Which event is dropped when that many wait. @defaultValue `"dropOldest"` */
  readonly overflow?: "dropOldest" | "dropNewest" | undefined;
  /**
   * Makes a message of what goes with an event; one for which it throws is left out, and the error reported.
   *
   * @defaultValue its first argument
   */
  readonly map?: ((...args: never[]) => T) | undefined;
  /** Stops listening when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /** Wakes and timeouts. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/**
 * Events as messages. As a branch of `select` it gives them, and is disabled at the end, which comes once it was closed
 * and what is kept was read.
 */
export interface EventReceiver<T> extends Selectable<T>, AsyncIterable<T>, Disposable {
  /** Events that are kept. */
  readonly length: number;
  /** How many events were dropped because the consumer was slow. */
  readonly dropped: number;
  /**
   * Takes the next event; waits while there is none and may still be one.
   *
   * @remarks **Cancel safety.** If it rejects, no event was taken.
   * @throws The signal's reason, unchanged; TimeoutError.
   */
  recv(options?: WaitOptions): Promise<Received<T>>;
  /** Takes the next event if one is there. */
  tryRecv(): TryReceived<T>;
  /** Stops listening; what is kept can be read. */
  close(): void;
}

/**
 * Listens to the events of one name, from now on, and keeps them in a bounded buffer.
 *
 * @remarks
 * An emitter does not wait for anybody, so a bound means that something is dropped: say what. Close it, or dispose of
 * it, to stop listening.
 * @throws RangeError when `capacity` is not a positive integer; TypeError when `source` does not emit events, or cannot be left.
 *
 * @example
 * ```ts
 * import { EventEmitter } from "node:events";
 * import { fromEvents } from "keelson/channels";
 *
 * const emitter = new EventEmitter();
 * using readings = fromEvents<number>(emitter, "reading", { capacity: 2 });
 * for (const n of [1, 2, 3]) emitter.emit("reading", n);
 * await readings.recv() // => { ok: true, value: 2 }
 * readings.dropped // => 1
 * ```
 */
export function fromEvents<T = unknown>(
  source: EventSource,
  name: string,
  options: FromEventsOptions<T> = {},
): EventReceiver<T> {
  const { capacity = 1024, overflow = "dropOldest", map, signal, runtime = currentRuntime() } = options;
  checkOneOf("overflow", overflow, ["dropOldest", "dropNewest"]);
  if (map !== undefined) checkFunction("map", map);
  const [tx, rx] = channel<T>(capacity, { runtime, name: `events:${name}` });
  const events = new Events(tx, rx, overflow === "dropOldest");
  const toMessage = (map ?? ((first: T) => first)) as (...args: unknown[]) => T;
  // What fails is not thrown to the emitter or the signal: their other listeners would go without.
  const reporting = (run: () => void): void => {
    try {
      run();
    } catch (error) {
      runtime.report(error, { task: "fromEvents" });
    }
  };
  events.stop = listen(source, name, (...args: unknown[]) => {
    reporting(() => {
      events.take(toMessage(...args));
    });
  });
  const aborted = (): void => {
    reporting(() => {
      events.close();
    });
  };
  if (signal?.aborted === true) aborted();
  else if (signal !== undefined) events.registration = onAbort(signal, { aborted });
  return events;
}

function listen(given: EventSource, name: string, listener: Listener): () => void {
  const source = Object(given) as EventSource; // also what is no object has no such method
  if ("addEventListener" in source && typeof source.addEventListener === "function") {
    checkFunction("source.removeEventListener", Reflect.get(source, "removeEventListener"));
    source.addEventListener(name, listener);
    return () => {
      source.removeEventListener(name, listener);
    };
  }
  if (!("on" in source && typeof source.on === "function")) {
    throw new TypeError(`Expected \`source\` to have \`on\` or \`addEventListener\`, got ${shown(given)}`);
  }
  const listening = source.on(name, listener);
  if (source.off !== undefined) return () => void source.off?.(name, listener);
  const place = Object(listening) as Disposable;
  if (Symbol.dispose in place) {
    return () => {
      place[Symbol.dispose]();
    };
  }
  throw new TypeError(
    `Expected \`source\` to have \`off\`, or its \`on\` to return something to dispose of, got ${shown(listening)}`,
  );
}

class Events<T> implements EventReceiver<T> {
  dropped = 0;
  stop: () => void = () => undefined;
  registration: AbortRegistration | undefined = undefined;
  private readonly tx: Sender<T>;
  private readonly rx: Receiver<T>;
  private readonly dropsOldest: boolean;

  constructor(tx: Sender<T>, rx: Receiver<T>, dropsOldest: boolean) {
    this.tx = tx;
    this.rx = rx;
    this.dropsOldest = dropsOldest;
  }

  get "~source"(): Source<T> {
    return this.rx["~source"];
  }

  get length(): number {
    return this.rx.length;
  }

  take(message: T): void {
    if (this.tx.isClosed || this.tx.trySend(message)) return;
    this.dropped += 1;
    if (!this.dropsOldest) return;
    this.rx.tryRecv();
    this.tx.trySend(message);
  }

  recv(options?: WaitOptions): Promise<Received<T>> {
    return this.rx.recv(options);
  }

  tryRecv(): TryReceived<T> {
    return this.rx.tryRecv();
  }

  close(): void {
    if (this.tx.isClosed) return;
    this.registration?.unlink();
    this.rx.close();
    this.stop();
  }

  [Symbol.asyncIterator](): AsyncIterator<T> {
    return this.rx[Symbol.asyncIterator]();
  }

  [Symbol.dispose](): void {
    this.close();
    this.rx[Symbol.dispose]();
  }
}
