/**
 * Tools for the tests of services built on keelson.
 *
 * @module testing
 */
export { type VirtualTime, type VirtualTimeOptions, virtualTime } from "./virtual-time.js";
export { type StoreConformanceOptions, type StoreConformanceSkip, storeConformance } from "./store-conformance.js";
export { type AcknowledgedWrite, type ChangeLog, changeLog } from "./store-change-log.js";
export { type RecordedWatch, type WatchGuarantee, type WatchHistory, validateWatches } from "./watch-validators.js";
