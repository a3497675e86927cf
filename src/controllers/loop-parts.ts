import type { Logger, Runtime } from "../core/index.js";
import type { ResourceClient } from "../resources/index.js";
import type { ResourceCache } from "./resource-cache.js";
import type { WriteListener } from "./write-tracker.js";

/** What a controller's loop runs on. */
export interface LoopParts {
  readonly runtime: Runtime;
  /** By kind; every kind that the controllers name has one. */
  readonly caches: ReadonlyMap<string, ResourceCache>;
  /** For reads, and for writes that no key has to wait for. */
  readonly client: ResourceClient;
  /** Makes a client that tells of its writes. */
  readonly clientTelling: (onWrite: WriteListener) => ResourceClient;
  /** Aborts when the manager stops. */
  readonly stop: AbortSignal;
  readonly log: Logger;
}
