/**
 * Orchestration primitives: channels, tasks, retry, shutdown and the StateStore, with the store in memory. Everything
 * above them has a subpath of its own.
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
// Channels have one for streams, too: that one is to be had from `keelson/channels`.
export { throttle } from "./resilience/index.js";
