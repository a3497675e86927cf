import { errorType } from "./error-type.js";
import { type MetricSpec, metricTable } from "./metric-table.js";
import type { DiagnosticHandlers } from "./observe.js";
import { systemName } from "./system-name.js";

/** Takes figures: adds to a counter, sets a gauge, observes in a histogram. Values are in the order of `attributes`. */
export type MetricSink = (spec: MetricSpec, value: number, attributes: readonly string[]) => void;

/** Feeds every metric of the table from the diagnostics channels. */
export function metricHandlers(sink: MetricSink): DiagnosticHandlers {
  const table = metricTable;
  return {
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
    "keelson:reconcile": ({ controller, result, durationMs }) => {
      sink(table.reconciles, durationMs / 1_000, [controller, result]);
    },
    "keelson:reconcile:stale": ({ controller, outcome }) => {
      sink(table.staleSyncs, 1, [controller, outcome]);
    },
    "keelson:reconcile:hot": ({ controller }) => {
      sink(table.hotLoops, 1, [controller]);
    },
    "keelson:cache": ({ kind, objects }) => {
      sink(table.cacheObjects, objects, [kind]);
    },
    "keelson:workqueue:add": ({ queue, depth }) => {
      sink(table.queueAdds, 1, [queue]);
      sink(table.queueDepth, depth, [queue]);
    },
    "keelson:workqueue:get": ({ queue, depth, durationMs = 0 }) => {
      sink(table.queueWaits, durationMs / 1_000, [queue]);
      sink(table.queueDepth, depth, [queue]);
    },
    "keelson:workqueue:done": ({ queue, depth, durationMs = 0 }) => {
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
}

/** Channels without a name share a series, or there would be one for each. */
const unnamed = "unnamed";
