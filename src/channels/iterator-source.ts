import { DISABLED, PENDING, type Source } from "../core/selectable.js";
import { QueuedSource, WaitQueue } from "./wait-queue.js";

type Stage<T> =
  | { readonly kind: "idle" | "asked" | "ended" }
  | { readonly kind: "item"; readonly item: T }
  | { readonly kind: "failed"; readonly error: unknown };

/**
 * The items of an async iterator. One that was asked for is kept until some wait takes it, so none is lost.
 *
 * @internal
 */
export class IteratorSource<T> extends QueuedSource<T> {
  private readonly iterator: AsyncIterator<T>;
  private stage: Stage<T> = { kind: "idle" };

  constructor(iterator: AsyncIterator<T>) {
    super(new WaitQueue());
    this.iterator = iterator;
  }

  /** Asks for the next item unless that was done: it runs the iterator's own code, so nothing may be parked yet. */
  start(): boolean {
    if (this.stage.kind !== "idle") return false;
    this.stage = { kind: "asked" };
    void this.ask();
    return true;
  }

  poll(): T | typeof PENDING | typeof DISABLED {
    const { stage } = this;
    switch (stage.kind) {
      case "idle":
      case "asked":
        return PENDING;
      case "ended":
        return DISABLED;
      case "item":
        this.stage = { kind: "idle" };
        return stage.item;
      case "failed":
        this.stage = { kind: "ended" };
        throw stage.error;
    }
  }

  // Async from the call on, so that an iterator which throws instead of rejecting has failed like any other.
  private async ask(): Promise<void> {
    let stage: Stage<T>;
    try {
      const result = await this.iterator.next();
      stage = result.done === true ? { kind: "ended" } : { kind: "item", item: result.value };
    } catch (error) {
      stage = { kind: "failed", error };
    }
    this.arrived(stage);
  }

  private arrived(stage: Stage<T>): void {
    this.stage = stage;
    if (stage.kind === "failed" && this.queue.first !== undefined) {
      this.stage = { kind: "ended" };
      this.queue.shift()?.fail(stage.error);
    }
    this.queue.serveReady();
    if (this.queue.first !== undefined) this.start();
  }
}

const sources = new WeakMap<AsyncIterator<unknown>, Source<unknown>>();

/**
 * The source of an iterator; the same one each time.
 *
 * @internal
 */
export function iteratorSource<T>(iterator: AsyncIterator<T>): IteratorSource<T> {
  const known = sources.get(iterator) as IteratorSource<T> | undefined;
  if (known !== undefined) return known;
  const source = new IteratorSource(iterator);
  sources.set(iterator, source);
  return source;
}
