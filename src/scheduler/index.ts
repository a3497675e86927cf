/**
 * Placement: which node an instance runs on, as a pure function.
 *
 * @module scheduler
 */
export { type Obstacle, obstacle, tolerates } from "./fit.js";
export type {
  Decision,
  NodeView,
  PlacementRequest,
  Resources,
  RetryOn,
  Scheduler,
  Taint,
  Toleration,
} from "./placement.js";
export { SimpleScheduler } from "./simple-scheduler.js";
