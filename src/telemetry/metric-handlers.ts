import type { Runtime } from "../core/runtime.js";
import { errorType } from "./error-type.js";
import { type MetricSpec, metricTable } from "./metric-table.js";
import { type DiagnosticHandlers, observe } from "./observe.js";
import { systemName } from "./system-name.js";
import { WorkInProgress } from "./work-in-progress.js";

/** Takes figures: adds to a counter, sets a gauge, observes in a histogram. Values are in the order of `attributes`. */
export type MetricSink = (spec: MetricSpec, value: number, attributes: readonly string[]) => void;

/** Feeds every metric of the table from the diagnostics channels, until that is disposed. */
export function feedMetrics(sink: MetricSink, runtime: Runtime): Disposable {
  const table = metricTable;
  const work = new WorkInProgress(runtime, (queue, unfinished, longest) => {
    sink(table.unfinishedWork, unfinished, [queue]);
    sink(table.longestRunning, longest, [queue]);
  });
  /** The runs of each controller that have begun since it was observed. */
  const active = new Map<string, Set<number>>();
  const handlers: DiagnosticHandlers = {
    "keelson:channel:send": ({ kind, name = unnamed, length }) => {
      sink(table.sentMessages, 1, ["keelson", name, kind]);
      sink(table.channelLength, length, [name, kind]);
    },
    "keelson:channel:recv": ({ kind, name = unnamed, length }) => {
      sink(table.consumedMessages, 1, ["keelson", name, kind]);
      sink(table.channelLength, length, [name, kind]);
    },
    "keelson:channel:lag": ({ name = unnamed, missed = 0 }) => {
      sink(table.missedMessages, missed, [name]);
    },
    "keelson:store:call": ({ driver, method, durationMs, error }) => {
      sink(table.storeCalls, durationMs / 1_000, [systemName(driver), method, errorType(error)]);
    },
    "keelson:store:retry": ({ driver, operation }) => {
      sink(table.storeRetries, 1, [systemName(driver), operation]);
    },
    "keelson:store:lag": ({ driver }) => {
      sink(table.laggedWatches, 1, [systemName(driver)]);
    },
    "keelson:lease": ({ driver, event }) => {
      sink(table.leases, 1, [systemName(driver), event]);
    },
    "keelson:retry:attempt": () => {
      sink(table.retries, 1, []);
    },
    "keelson:retry:call": ({ outcome, durationMs }) => {
      sink(table.retryCalls, durationMs / 1_000, [outcome]);
    },
    "keelson:hedge": () => {
      sink(table.hedges, 1, []);
    },
    "keelson:circuit": ({ from, to }) => {
      sink(table.circuitChanges, 1, [from, to]);
    },
    "keelson:reconcile:start": ({ controller, run }) => {
      let runs = active.get(controller);
      if (runs === undefined) active.set(controller, (runs = new Set()));
      sink(table.activeWorkers, runs.add(run).size, [controller]);
    },
    "keelson:reconcile": ({ controller, run, result, durationMs }) => {
      const runs = active.get(controller);
      if (runs?.delete(run) === true) sink(table.activeWorkers, runs.size, [controller]);
      sink(table.reconciles, 1, [controller, result]);
      if (result === "error" || result === "terminal") sink(table.reconcileErrors, 1, [controller]);
      sink(table.reconcileTimes, durationMs / 1_000, [controller]);
    },
    "keelson:reconcile:stale": ({ controller, outcome }) => {
      sink(table.staleSyncs, 1, [controller, outcome]);
    },
    "keelson:reconcile:hot": ({ controller }) => {
      sink(table.hotLoops, 1, [controller]);
    },
    "keelson:cache": ({ kind, objects, bytes }) => {
      sink(table.cacheObjects, objects, [kind]);
      sink(table.cacheBytes, bytes, [kind]);
    },
    "keelson:workqueue:add": ({ queue, depth }) => {
      sink(table.queueAdds, 1, [queue]);
      sink(table.queueDepth, depth, [queue]);
    },
    "keelson:workqueue:get": ({ queue, key, depth, durationMs = 0 }) => {
      work.begin(queue, key);
      sink(table.queueWaits, durationMs / 1_000, [queue]);
      sink(table.queueDepth, depth, [queue]);
    },
    "keelson:workqueue:done": ({ queue, key, depth, durationMs = 0 }) => {
      work.end(queue, key);
      sink(table.queueWork, durationMs / 1_000, [queue]);
      sink(table.queueDepth, depth, [queue]);
    },
    "keelson:workqueue:retry": ({ queue }) => {
      sink(table.queueRetries, 1, [queue]);
    },
    "keelson:span": ({ name, outcome, durationMs }) => {
      sink(table.spans, durationMs / 1_000, [name, outcome]);
    },
  };
  const observing = observe(handlers, { runtime });
  return {
    [Symbol.dispose]: () => {
      observing[Symbol.dispose]();
      work[Symbol.dispose]();
    },
  };
}

/** Channels without a name share a series, or there would be one for each. */
const unnamed = "unnamed";
