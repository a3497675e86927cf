import { ListNode } from "../core/list.js";
import { LinkedSignal } from "../core/linked-signal.js";
import type { Logger, Runtime, Wakeable } from "../core/index.js";
import type { Resource, ResourceClient, ResourceKey } from "../resources/index.js";
import { type CacheViews, cacheReader, viewOf } from "./cache-reader.js";
import type { ReconcileEvent } from "./diagnostics.js";
import { parseKey } from "./object-key.js";
import type { CacheReader, ReconcileContext } from "./reconcile-context.js";
import type { WorkItem } from "./work-item.js";

/** What the runs of one controller share. */
export interface RunTools {
  readonly runtime: Runtime;
  readonly log: Logger;
  /** Aborts when the controller stops. */
  readonly stop: AbortSignal;
  /** Makes the client of one run: it tells of its writes. */
  readonly clientOf: (run: RunContext) => ResourceClient;
  /** Failures of a key in a row. */
  readonly attemptsOf: (key: string) => number;
  /** Records an event. */
  readonly record: (run: RunContext, type: "Normal" | "Warning", reason: string, message: string) => void;
  /** Called once a run that has ended may make room for the next. */
  readonly ended: (run: RunContext) => void;
}

/** What is told of a run at its end. */
export type Trace = { -readonly [K in keyof ReconcileEvent]: ReconcileEvent[K] };

/**
 * The context of one run, and the run itself. Made for each reconcile, most of which do nothing: whatever not every
 * run needs is made when it is first read.
 *
 * @internal
 */
export class RunContext extends ListNode implements ReconcileContext, Wakeable {
  readonly label = "reconcile";
  readonly item: WorkItem;
  readonly resource: Resource;
  /** The instant by which it must have ended. */
  deadline = 0;
  /** What its signal was aborted with at its deadline. */
  late: Error | undefined = undefined;
  /** Whether it has written anything. */
  hasWritten = false;
  /** Set while somebody listens to what runs come to. */
  traced: Trace | undefined = undefined;
  /** When it ended, if somebody asked. */
  endedAt: number | undefined = undefined;
  readonly #tools: RunTools;
  readonly #views: CacheViews;
  #link: LinkedSignal | undefined = undefined;
  #client: ResourceClient | undefined = undefined;
  #cache: CacheReader | undefined = undefined;
  #key: ResourceKey | undefined = undefined;

  constructor(tools: RunTools, item: WorkItem, resource: Resource, views: CacheViews) {
    super();
    this.#tools = tools;
    this.item = item;
    this.resource = resource;
    this.#views = views;
  }

  get key(): ResourceKey {
    return (this.#key ??= parseKey(this.item.key));
  }

  get attempt(): number {
    return this.#tools.attemptsOf(this.item.key);
  }

  get log(): Logger {
    return this.#tools.log;
  }

  get client(): ResourceClient {
    return (this.#client ??= this.#tools.clientOf(this));
  }

  get cache(): CacheReader {
    return (this.#cache ??= cacheReader(this.#views));
  }

  get signal(): AbortSignal {
    if (this.#link === undefined) {
      this.#link = new LinkedSignal(this.#tools.stop);
      if (this.late !== undefined) this.#link.abort(this.late);
    }
    return this.#link.signal;
  }

  // Functions, not methods: reconcilers take their context apart.

  get now(): ReconcileContext["now"] {
    return () => this.#tools.runtime.wallNow();
  }

  get owned(): ReconcileContext["owned"] {
    const owned = ({ name }: { readonly name: string }): readonly Resource[] =>
      viewOf(this.#views, name).ownedBy(this.resource.metadata.uid);
    return owned as ReconcileContext["owned"];
  }

  get condition(): ReconcileContext["condition"] {
    return (condition) => ({
      ...condition,
      observedGeneration: this.resource.metadata.generation,
      lastTransitionTime: new Date(this.#tools.runtime.wallNow()).toISOString(),
    });
  }

  get event(): ReconcileContext["event"] {
    return (type, reason, message) => {
      this.#tools.record(this, type, reason, message);
    };
  }

  /** Aborts the run's signal. */
  expire(reason: Error): void {
    this.late = reason;
    this.#link?.abort(reason);
  }

  /** Takes it off whatever could still abort it. */
  close(): void {
    this.unlink();
    this.#link?.[Symbol.dispose]();
  }

  settle(): void {
    this.#tools.ended(this);
  }
}
