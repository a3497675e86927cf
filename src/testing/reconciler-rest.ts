import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Controller, HotLoopEvent, ReconcileEvent, ReconcileStartEvent } from "../controllers/index.js";
import type { Duration } from "../core/index.js";
import type { ControllerHarness } from "./controller-harness.js";

/** Makes the error of a check. */
export type Failed = (what: string, options?: ErrorOptions) => Error;

/**
 * Restarts all controllers once more, after which there is nothing to do.
 *
 * @throws what `failed` makes when one fails, hangs, runs without a pause or writes all the same.
 */
export async function checkRest(
  t: ControllerHarness,
  controllers: readonly Controller[],
  settleWithin: Duration,
  failed: Failed,
): Promise<void> {
  const before = controllers.map(({ name }) => t.writes(name));
  using runs = new RunWatch();
  for (const { name } of controllers) t.crash(name);
  await t.advance(settleWithin);
  // One that polls may be at work right now and end in time; one that hangs does not.
  const underWay = runs.underWay();
  if (underWay.length > 0) await t.advance(Math.max(...controllers.map(({ timeoutMs }) => timeoutMs)));
  runs.checkEnds(underWay, failed);
  for (const [index, { name }] of controllers.entries()) {
    const written = t.written(name).slice(before[index]);
    if (written.length === 0) continue;
    const what = `${name} wrote ${times(written.length)} though nothing had changed`;
    throw failed(`${what}, after the final restart: ${tally(written)}`);
  }
  runs.checkPauses(failed);
}

/** How the runs that begin while it watches end. */
class RunWatch implements Disposable {
  readonly #running = new Map<string, ReconcileStartEvent>();
  readonly #ended = new Map<string, ReconcileEvent>();
  readonly #hot = new Map<string, HotLoopEvent>();
  readonly #listeners = {
    "keelson:reconcile:start": (event: ReconcileStartEvent) => void this.#running.set(idOf(event), event),
    "keelson:reconcile": (event: ReconcileEvent) => {
      const id = idOf(event);
      // The end of a run from before a crash says nothing of what came after it.
      if (this.#running.get(id)?.run !== event.run) return;
      this.#running.delete(id);
      this.#ended.set(id, { ...event });
    },
    "keelson:reconcile:hot": (event: HotLoopEvent) => void this.#hot.set(idOf(event), event),
  };

  constructor() {
    for (const [name, listener] of this.#each()) subscribe(name, listener);
  }

  [Symbol.dispose](): void {
    for (const [name, listener] of this.#each()) unsubscribe(name, listener);
  }

  /** Runs that have begun and not ended. */
  underWay(): readonly ReconcileStartEvent[] {
    return [...this.#running.values()];
  }

  /** Refuses runs of these that have still not ended, and keys that are to be tried again as their last run failed. */
  checkEnds(hanging: readonly ReconcileStartEvent[], failed: Failed): void {
    for (const { controller, key, result, error } of this.#ended.values()) {
      if (result !== "error" && result !== "conflict") continue;
      throw failed(`${controller} does not come to rest: ${key} still fails with ${String(error)}`, { cause: error });
    }
    for (const { run, controller, key } of hanging) {
      if (!this.underWay().some((each) => each.run === run)) continue;
      throw failed(`${controller} does not come to rest: its reconcile of ${key} does not end`);
    }
  }

  /** Refuses keys that ran again and again without a pause. */
  checkPauses(failed: Failed): void {
    for (const { controller, key, runs, windowMs } of this.#hot.values()) {
      const often = `ran ${String(runs)} times within ${String(windowMs)} ms`;
      throw failed(`${controller} does not come to rest: ${key} ${often}, each run asking for the next`);
    }
  }

  #each(): readonly (readonly [name: string, listener: (event: unknown) => void])[] {
    return Object.entries(this.#listeners) as [string, (event: unknown) => void][];
  }
}

function idOf({ controller, key }: { readonly controller: string; readonly key: string }): string {
  return `${controller} ${key}`;
}

function times(count: number): string {
  return count === 1 ? "once" : `${String(count)} times`;
}

/** More objects than this only fill the screen. */
const mostObjects = 5;

/** What was written how often. */
function tally(objects: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const object of objects) counts.set(object, (counts.get(object) ?? 0) + 1);
  const told = [...counts].map(([object, count]) => (count === 1 ? object : `${object} (${times(count)})`));
  const more = told.length - mostObjects;
  return [...told.slice(0, mostObjects), ...(more > 0 ? [`${String(more)} more`] : [])].join(", ");
}
