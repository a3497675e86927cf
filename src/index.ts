/**
 * Orchestration primitives: channels, tasks, retry, shutdown and the StateStore, with the store in memory. Everything
 * above them has a subpath of its own.
 *
 * One name is in two of them: `throttle` is here the one of `keelson/resilience`, which drops calls to a service that
 * refuses them. The one that slows a stream is had from `keelson/channels` only.
 *
 * @module keelson
 */
export * from "./channels/index.js";
export * from "./core/index.js";
export * from "./lifecycle/index.js";
export * from "./resilience/index.js";
export * from "./store/drivers/memory/index.js";
export * from "./store/index.js";
export * from "./sync/index.js";
export * from "./tasks/index.js";
export * from "./time/index.js";
// Named once more, as of two stars that have it neither would export it.
export { throttle } from "./resilience/index.js";
