/** One metric that keelson's diagnostics channels feed, in OpenTelemetry's terms. */
export interface MetricSpec {
  /** Its name, as OpenTelemetry writes it. */
  readonly name: string;
  /** A count that only grows, a figure that moves both ways, or a distribution. */
  readonly kind: "counter" | "gauge" | "histogram";
  /** UCUM: `s` for seconds, `{message}` for messages. */
  readonly unit: string;
  /** One sentence. */
  readonly help: string;
  /** The names of its attributes; each value comes from a small set. */
  readonly attributes: readonly string[];
}

/** Upper bounds in seconds, as the semantic conventions for database clients advise. */
export const durationBounds: readonly number[] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

type MetricKey =
  | "sentMessages"
  | "consumedMessages"
  | "missedMessages"
  | "channelLength"
  | "storeCalls"
  | "storeRetries"
  | "laggedWatches"
  | "leases"
  | "retries"
  | "retryCalls"
  | "hedges"
  | "circuitChanges"
  | "reconciles"
  | "reconcileErrors"
  | "reconcileTimes"
  | "activeWorkers"
  | "staleSyncs"
  | "hotLoops"
  | "cacheObjects"
  | "cacheBytes"
  | "queueAdds"
  | "queueDepth"
  | "queueWaits"
  | "queueWork"
  | "unfinishedWork"
  | "longestRunning"
  | "queueRetries"
  | "spans";

/**
 * Every metric. Names that the semantic conventions have are theirs; the others begin with `keelson.`, and those of
 * controllers and their queues end as controller-runtime's and client-go's do, with the same labels.
 */
export const metricTable: Readonly<Record<MetricKey, MetricSpec>> = {
  sentMessages: {
    name: "messaging.client.sent.messages",
    kind: "counter",
    unit: "{message}",
    help: "Messages that channels took in.",
    attributes: ["messaging.system", "messaging.destination.name", "keelson.channel.kind"],
  },
  consumedMessages: {
    name: "messaging.client.consumed.messages",
    kind: "counter",
    unit: "{message}",
    help: "Messages that channels handed out.",
    attributes: ["messaging.system", "messaging.destination.name", "keelson.channel.kind"],
  },
  missedMessages: {
    name: "keelson.channel.missed.messages",
    kind: "counter",
    unit: "{message}",
    help: "Messages that receivers of broadcasts missed because they lagged behind.",
    attributes: ["messaging.destination.name"],
  },
  channelLength: {
    name: "keelson.channel.length",
    kind: "gauge",
    unit: "{message}",
    help: "Messages in the buffer of a channel, when it last took one in or handed one out.",
    attributes: ["messaging.destination.name", "keelson.channel.kind"],
  },
  storeCalls: {
    name: "db.client.operation.duration",
    kind: "histogram",
    unit: "s",
    help: "Duration of calls of stores.",
    attributes: ["db.system.name", "db.operation.name", "error.type"],
  },
  storeRetries: {
    name: "keelson.store.retries",
    kind: "counter",
    unit: "{attempt}",
    help: "Times that a store's driver tried again by itself.",
    attributes: ["db.system.name", "db.operation.name"],
  },
  laggedWatches: {
    name: "keelson.store.lagged.watches",
    kind: "counter",
    unit: "{watch}",
    help: "Watches that were ended because their consumers fell behind.",
    attributes: ["db.system.name"],
  },
  leases: {
    name: "keelson.lease.events",
    kind: "counter",
    unit: "{event}",
    help: "Leases granted, renewed and ended.",
    attributes: ["db.system.name", "keelson.lease.event"],
  },
  retries: {
    name: "keelson.retry.retries",
    kind: "counter",
    unit: "{attempt}",
    help: "Attempts after the first.",
    attributes: [],
  },
  retryCalls: {
    name: "keelson.retry.call.duration",
    kind: "histogram",
    unit: "s",
    help: "Duration of calls with their retries.",
    attributes: ["keelson.outcome"],
  },
  hedges: {
    name: "keelson.hedge.attempts",
    kind: "counter",
    unit: "{attempt}",
    help: "Attempts that were started beside a slow one.",
    attributes: [],
  },
  circuitChanges: {
    name: "keelson.circuit.changes",
    kind: "counter",
    unit: "{change}",
    help: "Changes of the state of circuit breakers.",
    attributes: ["keelson.circuit.from", "keelson.circuit.to"],
  },
  reconciles: {
    name: "keelson.reconcile",
    kind: "counter",
    unit: "{reconcile}",
    help: "Reconciles, by what they came to.",
    attributes: ["controller", "result"],
  },
  reconcileErrors: {
    name: "keelson.reconcile.errors",
    kind: "counter",
    unit: "{error}",
    help: "Reconciles that failed, but for conflicts.",
    attributes: ["controller"],
  },
  reconcileTimes: {
    name: "keelson.reconcile.time",
    kind: "histogram",
    unit: "s",
    help: "Duration of reconciles.",
    attributes: ["controller"],
  },
  activeWorkers: {
    name: "keelson.reconcile.active.workers",
    kind: "gauge",
    unit: "{worker}",
    help: "Reconciles under way.",
    attributes: ["controller"],
  },
  staleSyncs: {
    name: "keelson.stale.sync.skips",
    kind: "counter",
    unit: "{sync}",
    help: "Keys that did not run as a cache had not seen what they wrote last: held back, or at last read live.",
    attributes: ["controller", "outcome"],
  },
  hotLoops: {
    name: "keelson.reconcile.hot.loops",
    kind: "counter",
    unit: "{loop}",
    help: "Times that a key kept waking itself.",
    attributes: ["controller"],
  },
  cacheObjects: {
    name: "keelson.cache.objects",
    kind: "gauge",
    unit: "{object}",
    help: "Objects in the caches of controllers.",
    attributes: ["kind"],
  },
  cacheBytes: {
    name: "keelson.cache.bytes",
    kind: "gauge",
    unit: "By",
    help: "About how long the objects in the caches of controllers are as JSON.",
    attributes: ["kind"],
  },
  queueAdds: {
    name: "keelson.workqueue.adds",
    kind: "counter",
    unit: "{key}",
    help: "Keys put on the queues of controllers.",
    attributes: ["name"],
  },
  queueDepth: {
    name: "keelson.workqueue.depth",
    kind: "gauge",
    unit: "{key}",
    help: "Keys that wait on the queues of controllers, ready or delayed.",
    attributes: ["name"],
  },
  queueWaits: {
    name: "keelson.workqueue.queue.duration",
    kind: "histogram",
    unit: "s",
    help: "How long ready keys waited for their turn.",
    attributes: ["name"],
  },
  queueWork: {
    name: "keelson.workqueue.work.duration",
    kind: "histogram",
    unit: "s",
    help: "How long the work on keys took.",
    attributes: ["name"],
  },
  unfinishedWork: {
    name: "keelson.workqueue.unfinished.work",
    kind: "gauge",
    unit: "s",
    help: "How long the work has taken that is not over, all of it together; what grows is stuck.",
    attributes: ["name"],
  },
  longestRunning: {
    name: "keelson.workqueue.longest.running.processor",
    kind: "gauge",
    unit: "s",
    help: "How long the work on the key has taken that is worked on longest.",
    attributes: ["name"],
  },
  queueRetries: {
    name: "keelson.workqueue.retries",
    kind: "counter",
    unit: "{key}",
    help: "Keys that failed and were put back.",
    attributes: ["name"],
  },
  spans: {
    name: "keelson.span.duration",
    kind: "histogram",
    unit: "s",
    help: "Duration of calls of instrumented functions.",
    attributes: ["keelson.span", "keelson.outcome"],
  },
};
