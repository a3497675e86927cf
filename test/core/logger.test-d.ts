import { pino } from "pino";
import { expectTypeOf, test } from "vitest";
import { type Logger, silentLogger } from "keelson/core";
import { createLogger } from "keelson/telemetry/log";

test("an error, fields or a message, with or without another message", () => {
  const log: Logger = silentLogger;
  const error = new Error("e");
  log.error("m");
  log.error(error);
  log.error(error, "m");
  log.error({ err: error });
  log.error({ err: error }, "m");
  // @ts-expect-error -- the fields come first
  log.error("m", { err: error });
  // @ts-expect-error -- neither fields nor a message
  log.error(7);
});

test("pino, a logger of console and one of winston's shape fit as they are", () => {
  expectTypeOf(pino()).toExtend<Logger>();
  expectTypeOf(pino({ customLevels: { notice: 35 } })).toExtend<Logger>();
  expectTypeOf(createLogger()).toExtend<Logger>();
  expectTypeOf<ConsoleLogger>().toExtend<Logger>();
  expectTypeOf<WinstonLike>().toExtend<Logger>();
});

type ConsoleLogger = Pick<Console, "trace" | "debug" | "info" | "warn" | "error"> & { child(): ConsoleLogger };

/** As winston declares the levels of its loggers. */
interface WinstonMethod {
  (message: string, callback: () => void): WinstonLike;
  (message: string, meta: unknown, callback: () => void): WinstonLike;
  (message: string, ...meta: unknown[]): WinstonLike;
  (message: unknown): WinstonLike;
}

interface WinstonLike {
  trace: WinstonMethod;
  debug: WinstonMethod;
  info: WinstonMethod;
  warn: WinstonMethod;
  error: WinstonMethod;
  child(options: object): this;
}
