import type { LogFields } from "../../core/logger.js";

/** One line of JSON as pino writes it; `fields` are encoded ones, in order, of which later ones win. */
export function logLine(level: number, time: number, fields: string, message: string | undefined): string {
  const text = message === undefined ? "" : `,"msg":${JSON.stringify(message)}`;
  return `{"level":${String(level)},"time":${String(time)}${fields}${text}}\n`;
}

/** Names that every line has for itself: a caller's field of that name goes by another, as in logrus. */
const taken: ReadonlySet<string> = /* @__PURE__ */ new Set(["level", "time", "msg"]);

/**
 * Fields as JSON, each with a comma before it, so that a logger can encode its own once.
 *
 * @remarks No value, however strange, keeps a line from being written: what cannot be encoded says why instead.
 */
export function encodeFields(fields: LogFields, redacted: ReadonlySet<string>): string {
  let text = "";
  for (const name of Object.keys(fields)) {
    const value = encode(fields, name, redacted);
    if (value !== undefined) text += `,${JSON.stringify(taken.has(name) ? `fields.${name}` : name)}:${value}`;
  }
  return text;
}

function encode(fields: LogFields, name: string, redacted: ReadonlySet<string>): string | undefined {
  if (redacted.has(name)) return '"[redacted]"';
  try {
    const value = fields[name];
    // By far the most, and the replacer below makes JSON.stringify several times slower.
    if (typeof value !== "object" && typeof value !== "bigint") return JSON.stringify(value);
    return JSON.stringify(value, replacer(redacted));
  } catch (error) {
    return JSON.stringify(`[unserializable: ${error instanceof Error ? error.message : String(error)}]`);
  }
}

/** Shows errors, maps and sets; cuts circles. */
function replacer(redacted: ReadonlySet<string>): (this: unknown, key: string, item: unknown) => unknown {
  const ancestors: object[] = [];
  return function replace(key, item) {
    if (redacted.has(key)) return "[redacted]";
    if (typeof item === "bigint") return item.toString();
    if (item instanceof Error) return errorFields(item);
    if (typeof item !== "object" || item === null) return item;
    // `this` holds `item`: what is below it on the path has been left.
    while (ancestors.length > 0 && ancestors.at(-1) !== this) ancestors.pop();
    if (ancestors.includes(item)) return "[circular]";
    ancestors.push(item);
    return item instanceof Map || item instanceof Set ? [...item] : item;
  };
}

/** An error as pino shows it: its causes are part of message and stack. */
function errorFields(error: Error): object {
  const chain: Error[] = [];
  let next: unknown = error;
  for (; next instanceof Error && !chain.includes(next); next = next.cause) chain.push(next);
  const cause = next === undefined || next instanceof Error ? {} : { cause: next };
  const code = "code" in error && typeof error.code === "string" ? { code: error.code } : {};
  const parts = error instanceof AggregateError ? { aggregateErrors: error.errors.map(partFields) } : {};
  return {
    type: error.name === "Error" ? error.constructor.name : error.name,
    message: chain.map(({ message }) => message).join(": "),
    stack: chain.map(({ stack }) => stack ?? "").join("\ncaused by: "),
    ...cause,
    ...code,
    ...parts,
  };
}

function partFields(part: unknown): unknown {
  return part instanceof Error ? errorFields(part) : part;
}
