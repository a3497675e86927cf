import type { RecordedCall } from "./recorded-call.js";
import { changeLog } from "./store-change-log.js";
import type { RecordedWatch, WatchHistory } from "./watch-validators.js";

/**
 * What recorded watches delivered, and what the recorded transactions changed: the history that
 * {@link validateWatches} judges.
 *
 * @remarks
 * All changes of the watched keys must have come through the recorded store, by transactions that were answered: what a
 * lease took along, or a transaction whose outcome is unknown did, is not in the record.
 *
 * @example
 * ```ts
 * import { put } from "keelson/store";
 * import { memoryStore } from "keelson/store/memory";
 * import { recordStore, validateWatches, watchHistory } from "keelson/testing";
 *
 * const store = recordStore(memoryStore());
 * const watch = store.watch({ prefix: "/" });
 * await put(store, "/plan", "v1");
 * for await (const batch of watch) if (batch.type === "events") break;
 * validateWatches(watchHistory(store.calls)) // => {}
 * ```
 */
export function watchHistory(calls: readonly RecordedCall[]): WatchHistory {
  const writes = calls.flatMap((call) => {
    if (call.method !== "txn" || call.outcome.kind !== "value") return [];
    const { succeeded, revision } = call.outcome.value;
    const ops = succeeded ? call.txn.then : (call.txn.else ?? []);
    return ops.some(({ type }) => type !== "range") ? [{ revision, ops }] : [];
  });
  const watches = calls.flatMap((call): RecordedWatch[] => {
    if (call.method !== "watch") return [];
    const { range, options, batches } = call;
    // The first batch says where a watch from now on begins.
    const from = options.from ?? (batches[0]?.revision ?? 0) + 1;
    return [{ range, from, prevKv: options.prevKv ?? false, batches }];
  });
  return { log: changeLog(writes), watches };
}
