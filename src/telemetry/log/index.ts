/**
 * A structured logger whose lines pino's tools can read, with filters that can be changed at run time.
 *
 * @module telemetry/log
 */
export { type FilteredLogger, type LoggerOptions, createLogger } from "./create-logger.js";
export { LogFilterError } from "./errors.js";
export { type LogFilter, logFilter } from "./log-filter.js";
export type { Span } from "../span.js";
