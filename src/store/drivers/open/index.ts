/**
 * One function that opens any of the stores, by URL.
 *
 * @module store/open
 */
export { type OpenStoreOptions, openStore } from "./open-store.js";
export type { RetentionOptions } from "../shared/retention.js";
