/**
 * Health checks, and answers to the probes of Kubernetes and others.
 *
 * @module health
 */
export { type CachesLike, cacheSync } from "./cache-sync.js";
export { type ChannelLike, type ChannelSaturationOptions, channelSaturation } from "./channel-saturation.js";
export {
  type ControllerCounts,
  type ControllerProgressOptions,
  type ControllersLike,
  controllerProgress,
} from "./controller-progress.js";
export {
  type HealthChecks,
  type HealthOptions,
  type ReadinessLike,
  type ReportOptions,
  createHealth,
} from "./create-health.js";
export { type EventLoopLagOptions, eventLoopLag } from "./event-loop-lag.js";
export type { HandlerOptions } from "./handler.js";
export type {
  CheckAnswer,
  CheckContext,
  CheckOptions,
  CheckReport,
  HealthCheck,
  HealthKind,
  HealthReport,
} from "./health-check.js";
export type { ServiceInfo } from "./health-json.js";
export { type HealthyPart, healthOf } from "./health-of.js";
export { type LeaderOptions, leader } from "./leader.js";
export { type MemoryOptions, type MemoryUse, memory } from "./memory.js";
export type { Thresholds } from "./thresholds.js";
