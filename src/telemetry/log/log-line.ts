import type { LogFields } from "../../core/logger.js";

/** Writes one line of JSON as pino does: `level`, `time`, the fields, `msg`. */
export function logLine(
  level: number,
  time: number,
  fields: LogFields,
  message: string | undefined,
  redacted: ReadonlySet<string>,
): string {
  const line = { level, time, ...fields, ...(message === undefined ? {} : { msg: message }) };
  return `${stringify(line, redacted)}\n`;
}

/** JSON of anything: no value, however strange, keeps a line from being written. */
function stringify(value: object, redacted: ReadonlySet<string>): string {
  const ancestors: object[] = [];
  function replace(this: unknown, key: string, item: unknown): unknown {
    if (redacted.has(key)) return "[redacted]";
    if (typeof item === "bigint") return item.toString();
    if (item instanceof Error) return errorFields(item);
    if (typeof item !== "object" || item === null) return item;
    // `this` holds `item`: what is below it on the path has been left.
    while (ancestors.length > 0 && ancestors.at(-1) !== this) ancestors.pop();
    if (ancestors.includes(item)) return "[circular]";
    ancestors.push(item);
    return item instanceof Map || item instanceof Set ? [...item] : item;
  }
  try {
    return JSON.stringify(value, replace);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const { level, time, msg } = value as LogFields;
    return JSON.stringify({ level, time, msg, unserializable: reason });
  }
}

/** An error as pino shows it: its causes are part of message and stack. */
function errorFields(error: Error): object {
  const chain: Error[] = [];
  for (let next: unknown = error; next instanceof Error && !chain.includes(next); next = next.cause) chain.push(next);
  const code = "code" in error && typeof error.code === "string" ? { code: error.code } : {};
  const parts = error instanceof AggregateError ? { aggregateErrors: error.errors.map(partFields) } : {};
  return {
    type: error.name === "Error" ? error.constructor.name : error.name,
    message: chain.map(({ message }) => message).join(": "),
    stack: chain.map(({ stack }) => stack ?? "").join("\ncaused by: "),
    ...code,
    ...parts,
  };
}

function partFields(part: unknown): unknown {
  return part instanceof Error ? errorFields(part) : part;
}
