import { type Source, type Waiter, WaiterNode } from "keelson/core";

/** A waiter that writes down what it is told, parked on a source. */
class Recorder<T> extends WaiterNode implements Waiter<T> {
  readonly values: T[] = [];
  readonly errors: unknown[] = [];
  disabled = false;

  commit(value: T): void {
    this.values.push(value);
  }

  fail(error: unknown): void {
    this.errors.push(error);
  }

  disable(): void {
    this.disabled = true;
  }
}

/** What became of a waiter that was parked by hand. */
export interface Armed<T> {
  readonly waiter: Waiter<T>;
  readonly values: readonly T[];
  readonly errors: readonly unknown[];
  isDisabled(): boolean;
}

/** Parks a waiter on `source`, as `select` does. */
export function armed<T>(source: Source<T>): Armed<T> {
  const waiter = new Recorder<T>(source);
  source.arm(waiter);
  return { waiter, values: waiter.values, errors: waiter.errors, isDisabled: () => waiter.disabled };
}
