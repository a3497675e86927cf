import { currentRuntime } from "../core/ambient.js";
import type { CancelSafeIterator } from "../core/cancel-safe-iterator.js";
import { checkObject, checkOneOf, shown } from "../core/check.js";
import { DONE } from "../core/done.js";
import { inspectable } from "../core/inspectable.js";
import { LinkedSignal } from "../core/linked-signal.js";
import { DISABLED, PENDING, type Selectable } from "../core/selectable.js";
import type { WaitOptions } from "../core/wait.js";
import type { BranchWaiter } from "./branch-waiter.js";
import { newSelection } from "./select.js";
import { sourceOf } from "./select-source.js";
import type {
  Branch,
  Branches,
  BranchValue,
  Disabled,
  Named,
  OrElse,
  Otherwise,
  Selected,
  SelectOptions,
} from "./select-types.js";
import type { Selection } from "./selection.js";

/** The name of a branch: a key, or an index of an array. */
export type BranchName<B> = B extends readonly unknown[] ? number : keyof B & string;

/**
 * A select to be used again and again, for loops: its waiters are made once.
 *
 * @remarks
 * One wait at a time. Iterating gives one event after the other, as {@link Selector.next} does: it has no end of its own,
 * and throws an `AllBranchesDisabledError` when there is nothing to wait for and no `orElse`. Leaving the loop ends
 * nothing. Disposing takes it off its sources and disposes of none of them.
 */
export interface Selector<B, E = Selected<B>> extends AsyncIterable<E>, Disposable {
  /**
   * Waits for the next branch.
   *
   * @remarks **Cancel safety.** If it rejects, nothing was taken from any branch.
   * @throws AllBranchesDisabledError when there is nothing to wait for and no `orElse`; the signal's reason, unchanged;
   * TimeoutError; TypeError while another wait is going on, and once it was disposed.
   */
  next(options?: WaitOptions): Promise<E>;
  /**
   * Takes what is ready now; otherwise `undefined`.
   *
   * @throws TypeError once it was disposed; the error of a promise that has rejected.
   */
  tryNext(): Selected<B> | undefined;
  /**
   * Leaves a branch out, or takes it in again; a wait that is going on obeys, too.
   *
   * @remarks To take one in, such a wait looks at all branches anew, and goes to the end of their queues.
   *
   * @throws TypeError when there is no branch of that name.
   */
  enable(name: BranchName<B>, on: boolean): void;
  /**
   * Puts something else in the place of a branch; a wait that is going on obeys, too, as {@link Selector.enable} says.
   *
   * @throws TypeError when there is no branch of that name, or `branch` is nothing that can be waited for.
   */
  set<K extends BranchName<B>>(name: K, branch: Replacement<B, K>): void;
}

/** What may take the place of a branch: anything that gives the same, or nothing. */
export type Replacement<B, K> = K extends keyof B
  ? Giving<BranchValue<B[K]>>
  : B extends readonly (infer X)[]
    ? Giving<BranchValue<X>>
    : never;

type Giving<T> =
  Selectable<T> | PromiseLike<T> | AsyncIterator<T, unknown> | (unknown extends T ? AbortSignal : never) | Disabled;

/**
 * Makes a {@link Selector} of these branches.
 *
 * @remarks See `select` for what a branch may be. `"fair"` starts each time after the last winner.
 * @throws TypeError when a branch is nothing that can be waited for.
 *
 * @example
 * ```ts
 * import { mpsc, selector } from "keelson/channels";
 *
 * const [lines, lineRx] = mpsc.unbounded<string>();
 * const [ticks, tickRx] = mpsc.unbounded<number>();
 * lines.send("a");
 * ticks.send(1);
 * lines.send("b");
 * using sel = selector({ line: lineRx, tick: tickRx });
 * const seen: unknown[] = [];
 * for await (const event of sel) {
 *   seen.push(event.value);
 *   if (seen.length === 3) break;
 * }
 * seen // => ["a", 1, "b"]
 * ```
 */
export function selector<const B extends Branches, const E>(
  branches: B & Named<B>,
  options: SelectOptions & OrElse<E>,
): Selector<B, Selected<B> | Otherwise<B, E>>;
export function selector<const B extends Branches>(branches: B & Named<B>, options?: SelectOptions): Selector<B>;
export function selector(branches: Branches, options: SelectOptions | (SelectOptions & OrElse<unknown>) = {}): unknown {
  checkObject("options", options);
  const { order = "fair", runtime = currentRuntime() } = options;
  checkOneOf("order", order, ["fair", "biased"]);
  return new BranchSelector(newSelection(branches, options, runtime, order === "fair"), options);
}

class BranchSelector {
  static {
    inspectable(this);
  }

  private readonly selection: Selection<unknown>;
  private readonly defaults: WaitOptions;
  private isDisposed = false;
  /** The iterator whose wait was the last, if one's was. */
  private asker: object | undefined = undefined;

  constructor(selection: Selection<unknown>, defaults: WaitOptions) {
    this.selection = selection;
    this.defaults = defaults;
  }

  next(options: WaitOptions = this.defaults): Promise<unknown> {
    return this.ask(options, undefined);
  }

  tryNext(): unknown {
    if (this.isDisposed) throw disposed();
    const ready = this.selection.poll();
    return ready === PENDING || ready === DISABLED ? undefined : ready.event;
  }

  enable(name: string | number, on: boolean): void {
    const branch = this.branchOf(name);
    if (branch.isEnabled === on) return;
    branch.isEnabled = on;
    if (on) this.selection.join();
    else this.selection.leave(branch);
  }

  set(name: string | number, branch: Branch): void {
    const old = this.branchOf(name);
    this.selection.replace(old, sourceOf(branch, name));
  }

  // Without the signal by which other iterators are left: a listener for each wait would cost as much as the select.
  [Symbol.asyncIterator](): CancelSafeIterator<unknown, undefined> {
    let isOver = false;
    const next = async (options?: WaitOptions): Promise<IteratorResult<unknown, undefined>> => {
      if (isOver) return DONE;
      const event = await this.askUntil(options?.signal, iterator);
      return event === DONE ? DONE : { done: false, value: event };
    };
    const iterator = {
      next: () => next(),
      "~next": next,
      return: () => {
        isOver = true;
        if (this.asker === iterator) this.selection.give(DONE);
        return Promise.resolve(DONE);
      },
    };
    return iterator;
  }

  [Symbol.dispose](): void {
    this.isDisposed = true;
    this.selection.cancel(disposed());
  }

  private ask(options: WaitOptions, asker: object | undefined): Promise<unknown> {
    if (this.isDisposed) return Promise.reject(disposed());
    if (this.selection.isBusy) {
      return Promise.reject(new TypeError("Expected one wait at a time on this selector; another is going on"));
    }
    this.asker = asker;
    return this.selection.next(options);
  }

  /** A signal may end it besides what its own defaults say. */
  private async askUntil(signal: AbortSignal | undefined, asker: object): Promise<unknown> {
    if (signal === undefined) return await this.ask(this.defaults, asker);
    using either = new LinkedSignal(signal, this.defaults.signal);
    return await this.ask({ ...this.defaults, signal: either.signal }, asker);
  }

  /** What `console.log` shows of it. */
  protected shown(): readonly [string, object] {
    return ["Selector", { branches: this.selection.branches.map((branch) => branch.name) }];
  }

  private branchOf(name: string | number): BranchWaiter {
    const branch = this.selection.branches.find((candidate) => candidate.name === name);
    if (branch !== undefined) return branch;
    throw new TypeError(`Expected the name of a branch of this selector, got ${shown(name)}`);
  }
}

function disposed(): TypeError {
  return new TypeError("Expected this selector to be in use; it was disposed");
}
