import type { Logger, Runtime } from "../core/index.js";
import type { ResourceClient } from "../resources/index.js";
import type { EventRecorder } from "./event-recorder.js";
import type { FailureReports } from "./failure-reports.js";
import type { ResourceCache } from "./resource-cache.js";

/** What a controller's loop runs on. */
export interface LoopParts {
  readonly runtime: Runtime;
  /** By kind; every kind that the controllers name has one. */
  readonly caches: ReadonlyMap<string, ResourceCache>;
  /** For reads, and for writes that no key has to wait for; fenced where only the leader may write. */
  readonly client: ResourceClient;
  /** Whether a cache can be told to have reached a revision. */
  readonly hasProgress: boolean;
  readonly recorder: EventRecorder;
  /** Aborts when the controller is to stop. */
  readonly stop: AbortSignal;
  /** Told that somebody else leads by now: nothing that is done here counts any more. */
  readonly fenced: (error: unknown) => void;
  readonly log: Logger;
  /** Where failures are told without a log. */
  readonly reports?: FailureReports | undefined;
}
