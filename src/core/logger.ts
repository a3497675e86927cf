/** Fields that go with a message, by name. */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * One level of a {@link Logger}: a message, fields, or both; an error may stand for the fields, as `{ err: error }` would.
 */
export interface LogMethod {
  (message: string): void;
  (fields: LogFields | Error, message?: string): void;
}

/**
 * Where keelson's long-lived parts write what a person should see; `pino` and its kin fit as they are.
 *
 * @remarks
 * Bring any object of this shape. Errors are fields called `err`, which pino writes with stack and causes. The default
 * everywhere is {@link silentLogger}.
 */
export interface Logger {
  /** Steps of the inner workings. */
  readonly trace: LogMethod;
  /** What a developer wants when something is odd. */
  readonly debug: LogMethod;
  /** What an operator wants to know in normal operation. */
  readonly info: LogMethod;
  /** Something went wrong and will be tried again, or needs a look. */
  readonly warn: LogMethod;
  /** Something went wrong and stays so. */
  readonly error: LogMethod;
  /** A logger that adds `fields` to each of its lines. */
  child(fields: LogFields): Logger;
}

const nothing: LogMethod = () => undefined;

/** A {@link Logger} that writes nothing. */
export const silentLogger: Logger = {
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  child: () => silentLogger,
};
