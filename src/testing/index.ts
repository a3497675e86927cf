/**
 * Tools for the tests of services built on keelson.
 *
 * @module testing
 */
export { type VirtualTime, type VirtualTimeOptions, virtualTime } from "./virtual-time.js";
