import { hostname } from "node:os";
import nodeProcess from "node:process";
import { currentRuntime } from "../../core/ambient.js";
import { checkFunction, shown } from "../../core/check.js";
import type { LogFields, LogMethod, Logger } from "../../core/logger.js";
import { isThenable } from "../../core/operation.js";
import type { Runtime } from "../../core/runtime.js";
import { type LogLevel, levelNumber } from "../level.js";
import { type Span, currentSpan } from "../span.js";
import { type LogFilter, logFilter, lossyFilter } from "./log-filter.js";
import { encodeFields, logLine } from "./log-line.js";

/** How {@link createLogger} writes. */
export interface LoggerOptions {
  /** Which lines are written. @defaultValue what the environment's `KEELSON_LOG` says, else `"info"` */
  readonly filter?: LogFilter | string | undefined;
  /** The part that writes, as filters name it; `child({ target: "store" })` sets another. @defaultValue `""` */
  readonly target?: string | undefined;
  /** Fields of every line. @defaultValue `pid` and `hostname`, as pino has them */
  readonly base?: LogFields | undefined;
  /** Names of fields, at any depth, whose values are not to be seen. @defaultValue none */
  readonly redact?: readonly string[] | undefined;
  /** Takes each line, its line feed included. @defaultValue to standard output */
  readonly write?: ((line: string) => unknown) | undefined;
  /** Clock; and takes what is wrong with `KEELSON_LOG`. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/** A `Logger` whose filter can be changed. */
export interface FilteredLogger extends Logger {
  /** What is written; `filter.set("debug")` changes that for this logger and all its children. */
  readonly filter: LogFilter;
  /** Whether a line of that level would be written here and now; for what is dear to compute. */
  isEnabled(level: LogLevel): boolean;
  child(fields: LogFields): FilteredLogger;
}

/**
 * Makes a logger that writes lines of JSON as pino does, filtered in the grammar of {@link logFilter}.
 *
 * @remarks
 * Lines within instrumented functions carry the fields of their spans. Errors are written with their causes; nothing
 * that is logged can make logging fail, and a `write` that fails is reported to the runtime. Pipe the lines into
 * `pino-pretty` to read them. Fields named `level`, `time` or `msg`, which each line has for itself, are written as
 * `fields.level` and so on.
 *
 * @example
 * ```ts
 * import { createLogger } from "keelson/telemetry/log";
 *
 * const lines: string[] = [];
 * const log = createLogger({ filter: "store=debug,warn", base: {}, write: (line) => lines.push(line) });
 * const store = log.child({ target: "store" });
 * store.debug({ key: "/a" }, "put");
 * log.info("not written");
 * const { level, target, key, msg } = JSON.parse(lines.join(""));
 * [level, target, key, msg] // => [20, "store", "/a", "put"]
 * ```
 */
export function createLogger(options: LoggerOptions = {}): FilteredLogger {
  const { runtime = currentRuntime(), target = "", redact = [], write = toStandardOutput } = options;
  const { base = { pid: nodeProcess.pid, hostname: hostname() } } = options;
  checkFunction("write", write);
  const redacted = new Set(redact);
  const filter = filterOf(options.filter, runtime);

  let isReporting = false;
  const failed = (error: unknown): void => {
    if (isReporting) return; // whoever takes the report logs it here
    isReporting = true;
    try {
      runtime.report(error, { task: "logger" });
    } finally {
      isReporting = false;
    }
  };
  const make = (part: string, bound: string): FilteredLogger => {
    const method = (level: LogLevel): LogMethod => {
      const number = levelNumber(level);
      return (first: unknown, message?: unknown) => {
        try {
          const span = currentSpan();
          if (!filter.allows(level, part, span)) return;
          const hasFields = typeof first === "object" && first !== null;
          const fields = hasFields ? ownFields(first as LogFields | Error) : {};
          const inner = encoded(fields, span, redacted);
          const text = textOf(message ?? (hasFields ? undefined : first)) ?? messageOf(fields);
          const written = write(logLine(number, Math.round(runtime.wallNow()), bound + inner, text));
          if (isThenable(written)) written.then(undefined, failed);
        } catch (error) {
          failed(error);
        }
      };
    };
    return {
      trace: method("trace"),
      debug: method("debug"),
      info: method("info"),
      warn: method("warn"),
      error: method("error"),
      filter,
      isEnabled: (level) => filter.allows(level, part, currentSpan()),
      child(fields) {
        const next = typeof fields["target"] === "string" ? fields["target"] : part;
        return make(next, bound + encodeFields(fields, redacted));
      },
    };
  };
  return make(target, encodeFields(target === "" ? base : { ...base, target }, redacted));
}

function filterOf(filter: LogFilter | string | undefined, runtime: Runtime): LogFilter {
  if (typeof filter === "object") return filter;
  if (typeof filter === "string") return logFilter(filter);
  if ((filter as unknown) !== undefined)
    throw new TypeError(`Expected \`filter\` to be a string or a log filter, got ${shown(filter)}`);
  const report = (error: unknown): void => {
    runtime.report(error, { task: "KEELSON_LOG" });
  };
  return lossyFilter(nodeProcess.env["KEELSON_LOG"] ?? "", "info", report);
}

/** What is so strange that not even its fields can be listed says why instead. */
function encoded(fields: LogFields, span: Span | undefined, redacted: ReadonlySet<string>): string {
  try {
    return encodeFields(span === undefined ? fields : { ...spanFields(span), ...fields }, redacted);
  } catch (error) {
    return encodeFields({ unserializable: error instanceof Error ? error.message : "fields" }, redacted);
  }
}

/** A message of any kind as text. */
function textOf(message: unknown): string | undefined {
  if (message === undefined || typeof message === "string") return message;
  try {
    return `${message as number}`; // or anything else
  } catch {
    return "[unserializable]";
  }
}

/** An error alone stands for itself, as in pino. */
function ownFields(fields: LogFields | Error): LogFields {
  return fields instanceof Error ? { err: fields } : fields;
}

/** An error without a message brings its own, as in pino. */
function messageOf(fields: LogFields): string | undefined {
  try {
    const { err } = fields;
    return err instanceof Error ? err.message : undefined;
  } catch {
    return undefined;
  }
}

/** Fields of all spans, those of inner ones first. */
function spanFields(span: Span | undefined): LogFields {
  return span === undefined ? {} : { ...spanFields(span.parent), ...span.fields };
}

function toStandardOutput(line: string): void {
  nodeProcess.stdout.write(line);
}
