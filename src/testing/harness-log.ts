import type { LogFields, LogMethod, Logger } from "../core/index.js";

/** One line that a controller in a harness logged. */
export interface HarnessLogLine {
  /** How grave it is. */
  readonly level: "trace" | "debug" | "info" | "warn" | "error";
  /** What it says. */
  readonly message: string;
  /** What goes with it; `controller` is who wrote it. */
  readonly fields: LogFields;
}

/** A logger that keeps its lines, until `isOver` says that nobody is left who could write any. */
export function recordingLogger(lines: HarnessLogLine[], isOver: () => boolean, context: LogFields = {}): Logger {
  const at =
    (level: HarnessLogLine["level"]): LogMethod =>
    (first: LogFields | Error | string, message?: string): void => {
      if (isOver()) return;
      const own: LogFields = typeof first === "string" ? {} : first instanceof Error ? { err: first } : first;
      const { err } = own;
      const text = typeof first === "string" ? first : (message ?? (err instanceof Error ? err.message : ""));
      lines.push({ level, message: text, fields: { ...context, ...own } });
    };
  return {
    trace: at("trace"),
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: (fields) => recordingLogger(lines, isOver, { ...context, ...fields }),
  };
}
