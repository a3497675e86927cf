import { LinkedSignal } from "../core/linked-signal.js";
import { CompactedError, type Revision, type StateStore, type WatchBatch, wrapStore } from "../store/index.js";

/** A store whose watches can be made to show what is there now. */
export interface RelistingStore {
  readonly store: StateStore;
  /**
   * Takes history up to a revision for compacted: watches that began before fail with `CompactedError`, and so their
   * readers list what is there, at that revision or later, and watch from there. What was still under way to the old
   * watches is never delivered.
   */
  readonly relist: (revision: Revision) => void;
}

/**
 * Lets the reader of a store that does not report progress learn that it has seen everything: by reading it.
 *
 * @internal
 */
export function relistingStore(inner: StateStore): RelistingStore {
  let gone = 0;
  let epoch = new LinkedSignal();
  async function* watch(...[range, options = {}]: Parameters<StateStore["watch"]>): AsyncGenerator<WatchBatch> {
    const { from = Number.POSITIVE_INFINITY, signal } = options;
    if (from <= gone) throw new CompactedError(gone);
    using ends = new LinkedSignal(signal, epoch.signal);
    yield* inner.watch(range, { ...options, signal: ends.signal });
  }
  return {
    store: wrapStore(inner, { watch }),
    relist: (revision) => {
      gone = Math.max(gone, revision);
      const before = epoch;
      epoch = new LinkedSignal();
      before.abort(new CompactedError(gone));
    },
  };
}
