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
  start(): void {
    if (this.stage.kind !== "idle") return;
    this.stage = { kind: "asked" };
    this.iterator.next().then(
      (result) => {
        this.arrived(result.done === true ? { kind: "ended" } : { kind: "item", item: result.value });
      },
      (error: unknown) => {
        this.arrived({ kind: "failed", error });
      },
    );
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
