import type { Logger, Runtime } from "../core/index.js";
import type { ResourceCache } from "./resource-cache.js";
import type { ClientFactory } from "./write-tracker.js";

/** What a controller's loop runs on. */
export interface LoopParts {
  readonly runtime: Runtime;
  readonly caches: ReadonlyMap<string, ResourceCache>;
  readonly clients: ClientFactory;
  readonly stop: AbortSignal;
  readonly log: Logger;
}
