import { currentRuntime } from "../core/ambient.js";
import { checkObject, checkOneOf, shown } from "../core/check.js";
import type { Runtime } from "../core/runtime.js";
import { DISABLED, PENDING } from "../core/selectable.js";
import { sourceOf } from "./select-source.js";
import type { Branch, Branches, Named, OrElse, Otherwise, Selected, SelectOptions } from "./select-types.js";
import { type Fallback, Selection } from "./selection.js";

/** @internal */
export interface KeyedEvent {
  readonly key: unknown;
  readonly value: unknown;
}

/** @internal */
export interface IndexedEvent {
  readonly index: unknown;
  readonly value: unknown;
}

/**
 * Waits for the first of several branches, and takes nothing from the others.
 *
 * @remarks
 * Branches are lazy: receivers, timers, tokens and whatever else is `Selectable`; also signals, promises, async
 * iterators, and `false`, which leaves a branch out. A method that returns a promise has started, and is only a promise
 * here. A receiver that comes to its end disables its branch; `rx.orClosed()` tells of the end instead.
 * **Cancel safety.** If it rejects, nothing was taken from any branch. A rejected promise among the branches rejects it.
 * @throws AllBranchesDisabledError when there is nothing to wait for and no `orElse`; the signal's reason, unchanged;
 * TimeoutError; TypeError when a branch is nothing that can be waited for.
 *
 * @example
 * ```ts
 * import { mpsc, select } from "keelson/channels";
 *
 * const [tx, jobs] = mpsc.channel<string>(8);
 * const shutdown = new AbortController();
 * await tx.send("build");
 * const event = await select({ job: jobs, stop: shutdown.signal });
 * switch (event.key) {
 *   case "job":
 *     event.value // => "build"
 *     break;
 *   case "stop":
 *     break;
 * }
 * ```
 */
export function select<const B extends Branches, const E>(
  branches: B & Named<B>,
  options: SelectOptions & OrElse<E>,
): Promise<Selected<B> | Otherwise<B, E>>;
export function select<const B extends Branches>(branches: B & Named<B>, options?: SelectOptions): Promise<Selected<B>>;
// Async only in what it returns: a branch that is none rejects, like every other failure.
export function select(
  branches: Branches,
  options: SelectOptions | (SelectOptions & OrElse<unknown>) = {},
): Promise<unknown> {
  try {
    return oneShot(branches, options).next(options);
  } catch (error) {
    return Promise.reject(error);
  }
}

/**
 * Takes what is ready now from the first branch that has something; otherwise `undefined`.
 *
 * @remarks A promise counts from its second time on: only by waiting for it can it be known to have settled.
 * @throws TypeError when a branch is nothing that can be waited for; the error of a promise that has rejected.
 *
 * @example
 * ```ts
 * import { mpsc, trySelect } from "keelson/channels";
 *
 * const [tx, rx] = mpsc.channel<number>(1);
 * trySelect({ n: rx }) // => undefined
 * tx.trySend(7);
 * trySelect({ n: rx }) // => { key: "n", value: 7 }
 * ```
 */
export function trySelect<const B extends Branches>(
  branches: B & Named<B>,
  options?: Pick<SelectOptions, "order" | "runtime">,
): Selected<B> | undefined;
export function trySelect(branches: Branches, options: SelectOptions = {}): unknown {
  const ready = oneShot(branches, options).poll();
  return ready === PENDING || ready === DISABLED ? undefined : ready.event;
}

function oneShot(branches: Branches, options: SelectOptions): Selection<unknown> {
  checkObject("options", options);
  const { order = "fair", runtime = currentRuntime() } = options;
  const selection = newSelection(branches, options, runtime, false);
  if (order === "fair") shuffle(selection.branches, runtime);
  else checkOneOf("order", order, ["fair", "biased"]);
  return selection;
}

/**
 * A selection of these branches.
 *
 * @internal
 */
export function newSelection(
  branches: Branches,
  options: SelectOptions | (SelectOptions & OrElse<unknown>),
  runtime: Runtime,
  rotates: boolean,
): Selection<unknown> {
  checkObject("branches", branches);
  const isArray = Array.isArray(branches);
  const fallback: Fallback<unknown> | undefined =
    "orElse" in options ? { event: isArray ? byIndex(-1, options.orElse) : byKey("else", options.orElse) } : undefined;
  const selection = new Selection<unknown>(runtime, isArray ? byIndex : byKey, fallback, rotates);
  if (isArray) {
    (branches as readonly Branch[]).forEach((branch, index) => {
      selection.add(index, sourceOf(branch, index));
    });
    return selection;
  }
  const named = branches as Readonly<Record<string, Branch>>;
  for (const key of Object.keys(named)) {
    if (key < ":" && /^\d+$/.test(key)) {
      throw new TypeError(
        `Expected the names of branches not to look like integers, whose order is not kept, got ${shown(key)}`,
      );
    }
    selection.add(key, sourceOf(named[key], key));
  }
  return selection;
}

function byKey(key: unknown, value: unknown): KeyedEvent {
  return { key, value };
}

function byIndex(index: unknown, value: unknown): IndexedEvent {
  return { index, value };
}

// A rotation that starts anywhere would favour the branch after an idle one; only a shuffle is fair.
function shuffle(items: unknown[], runtime: Runtime): void {
  for (let left = items.length; left > 1; left -= 1) {
    const chosen = Math.floor(runtime.random() * left);
    const last = items[left - 1];
    items[left - 1] = items[chosen];
    items[chosen] = last;
  }
}
