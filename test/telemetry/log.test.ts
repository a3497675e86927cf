import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Logger, currentRuntime } from "keelson/core";
import { instrument } from "keelson/telemetry";
import { type LoggerOptions, createLogger, logFilter } from "keelson/telemetry/log";
import { eachInVirtualTime } from "../resilience/fixture.js";

const time = eachInVirtualTime();

function lines(options: LoggerOptions = {}) {
  const written: string[] = [];
  const log = createLogger({ filter: "trace", base: {}, write: (line) => written.push(line), ...options });
  return { log, written, parsed: () => written.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe("lines are pino's", () => {
  /** What pino writes for the same calls. */
  function pinoLines(use: (log: Logger) => void): readonly string[] {
    const written: string[] = [];
    const timestamp = (): string => `,"time":${String(currentRuntime().wallNow())}`;
    use(pino({ level: "trace", base: { service: "a" }, timestamp }, { write: (line) => void written.push(line) }));
    return written;
  }

  test.each<[string, (log: Logger) => void]>([
    [
      "each level",
      (log) => {
        (["trace", "debug", "info", "warn", "error"] as const).forEach((level) => {
          log[level]("m");
        });
      },
    ],
    [
      "fields before the message",
      (log) => {
        log.info({ a: 1, b: { c: [true, null] } }, "m");
      },
    ],
    [
      "children",
      (log) => {
        log.child({ a: 1 }).child({ b: 2 }).warn({ c: 3 }, "m");
      },
    ],
    [
      "what JSON has no word for",
      (log) => {
        log.info({ a: undefined, f: () => 1, d: new Date(0), n: Number.NaN }, "m");
      },
    ],
    [
      "text that needs escapes",
      (log) => {
        log.info({ "a\nb": '"\u2028\u0007' }, "ü\n");
      },
    ],
  ])("%s", (_name, use) => {
    const { log, written } = lines({ base: { service: "a" } });
    use(log);
    expect(written).toEqual(pinoLines(use));
  });

  test("errors: type, message with causes, stack, code", () => {
    const use = (log: Logger): void => {
      const cause = Object.assign(new TypeError("inner"), { code: "E_INNER" });
      log.error({ err: new RangeError("outer", { cause }) }, "m");
    };
    const { log, parsed } = lines();
    use(log);
    const [theirs] = pinoLines(use).map((line) => JSON.parse(line) as { err: { stack: string } });
    const [ours] = parsed() as { err: { stack: string } }[];
    const first = (stack = ""): string => stack.split("\n")[0] ?? "";
    expect({ ...ours?.err, stack: first(ours?.err.stack) }).toEqual({
      ...theirs?.err,
      stack: first(theirs?.err.stack),
    });
    expect(ours?.err.stack).toContain("\ncaused by: TypeError: inner");
  });
});

describe("whatever is logged, a line is written", () => {
  test.each<[string, unknown, unknown]>([
    [
      "circles",
      (() => {
        const a: Record<string, unknown> = {};
        a["self"] = a;
        return a;
      })(),
      { self: "[circular]" },
    ],
    [
      "the same twice, which is no circle",
      (() => {
        const a = { n: 1 };
        return [a, a];
      })(),
      [{ n: 1 }, { n: 1 }],
    ],
    ["bigints", 7n, "7"],
    ["maps and sets", [new Map([["a", 1]]), new Set([1])], [[["a", 1]], [1]]],
    ["aggregates", new AggregateError([1], "all"), expect.objectContaining({ aggregateErrors: [1], message: "all" })],
    [
      "an error that is its own cause",
      (() => {
        const e = new Error("e");
        e.cause = e;
        return e;
      })(),
      expect.objectContaining({ message: "e" }),
    ],
  ])("%s", (_name, value, wanted) => {
    const { log, parsed } = lines();
    log.info({ value }, "m");
    expect(parsed()).toEqual([expect.objectContaining({ value: wanted, msg: "m" })]);
  });

  test("a getter that throws costs its field, not the line", () => {
    const { log, parsed } = lines();
    const bad = {
      get bad(): never {
        throw new Error("no");
      },
    };
    log.info({ value: bad, other: 1 }, "m");
    log.info(bad, "m");
    expect(parsed()).toMatchObject([
      { value: "[unserializable: no]", other: 1, msg: "m" },
      { bad: "[unserializable: no]", msg: "m" },
    ]);
  });

  test("whatever stands in place of fields or message", () => {
    const { log, parsed } = lines();
    const call = log.error as (...args: unknown[]) => void;
    const throwing = (): never => {
      throw new Error("pk");
    };
    call(undefined);
    call(null, "a");
    call(undefined, "b");
    call(5);
    call(new Proxy({}, { ownKeys: throwing }), "c");
    call({}, { toString: throwing });
    call({ err: new Error("outer", { cause: "the cause" }) }, "d");
    expect(parsed().map(({ msg }) => msg)).toEqual([undefined, "a", "b", "5", "c", "[unserializable]", "d"]);
    expect(parsed()[4]).toMatchObject({ unserializable: "pk" });
    expect(parsed()[6]).toMatchObject({ err: { message: "outer", cause: "the cause" } });
  });

  test("what each line has for itself stands, and a field of that name beside it", () => {
    const { log, written, parsed } = lines({ filter: "info" });
    log.child({ time: "child" }).warn({ msg: "field", level: "field", other: 1 }, "message");
    expect(parsed()).toEqual([
      {
        level: 40,
        time: expect.any(Number) as number,
        msg: "message",
        "fields.level": "field",
        "fields.time": "child",
        "fields.msg": "field",
        other: 1,
      },
    ]);
    expect(written.join("").match(/"(level|time|msg)":/g)).toEqual(['"level":', '"time":', '"msg":']);
  });

  test("a write that throws or rejects is reported", async () => {
    createLogger({ filter: "info", write: () => Promise.reject(new Error("1")) }).info("a");
    createLogger({
      filter: "info",
      write: () => {
        throw new Error("2");
      },
    }).info("a");
    await time.current.settle();
    expect(time.current.failures.map(({ error }) => (error as Error).message).sort()).toEqual(["1", "2"]);
  });

  test("a report that is logged where writing fails is not reported again", () => {
    const { runtime } = time.current;
    const log = createLogger({
      filter: "info",
      write: () => {
        throw new Error("disk full");
      },
    });
    let reports = 0;
    using _listening = runtime.signals.on("task:failed", ({ error }) => {
      reports += 1;
      log.error({ err: error }, "a task failed");
    });
    log.info("a");
    log.info("b");
    expect(reports).toBe(2);
  });

  test("an error in place of the fields", () => {
    const { log, parsed } = lines();
    log.error(new Error("e"), "m");
    expect(parsed()).toEqual([
      expect.objectContaining({ err: expect.objectContaining({ message: "e" }) as object, msg: "m" }),
    ]);
  });

  test("an error without a message brings its own, however it is passed", () => {
    const { log, parsed } = lines();
    log.error(new Error("a"));
    log.error({ err: new Error("b"), order: 7 });
    log.error({ order: 8 });
    expect(parsed()).toMatchObject([
      { err: { message: "a" }, msg: "a" },
      { err: { message: "b" }, msg: "b", order: 7 },
      { order: 8 },
    ]);
    expect(parsed()[2]).not.toHaveProperty("msg");
  });
});

test("redacted fields are not seen, at any depth", () => {
  const { log, written } = lines({ redact: ["password", "token"] });
  log.child({ token: "s3cret" }).info({ user: { name: "a", password: { plain: "s3cret" } } }, "m");
  expect(written[0]).not.toContain("s3cret");
  expect(written[0]).toContain('"password":"[redacted]"');
});

describe("filtering", () => {
  test("by target, which a child may set; reloaded at run time for all", () => {
    const { log, parsed } = lines({ filter: "store=debug,warn" });
    const store = log.child({ target: "store" });
    store.debug("1");
    log.debug("2");
    expect([store.isEnabled("debug"), log.isEnabled("debug")]).toEqual([true, false]);
    log.filter.set("debug");
    log.debug("3");
    store.trace("4");
    expect(parsed().map(({ msg, target }) => [msg, target])).toEqual([
      ["1", "store"],
      ["3", undefined],
    ]);
  });

  test("one filter for several loggers", () => {
    const filter = logFilter("off");
    const [a, b] = [lines({ filter, target: "a" }), lines({ filter, target: "b" })];
    a.log.error("1");
    filter.set("b=info");
    a.log.error("2");
    b.log.info("3");
    expect([a.written.length, b.parsed()[0]]).toEqual([0, expect.objectContaining({ target: "b", msg: "3" })]);
  });

  describe("from the environment", () => {
    beforeEach(() => {
      vi.unstubAllEnvs();
    });
    afterEach(() => {
      vi.unstubAllEnvs();
    });

    test("KEELSON_LOG, else info", () => {
      const fromEnvironment = (): boolean[] => {
        const log = createLogger({ write: () => undefined });
        return (["debug", "info"] as const).map((level) => log.isEnabled(level));
      };
      vi.stubEnv("KEELSON_LOG", undefined);
      expect(fromEnvironment()).toEqual([false, true]);
      vi.stubEnv("KEELSON_LOG", "debug");
      expect(fromEnvironment()).toEqual([true, true]);
    });

    test("a word that is no level is refused as an option, where it would silence even errors", () => {
      expect(() => createLogger({ filter: "warning" })).toThrow('did you mean "warn"?');
    });

    test.each(["", "warning", "debugg", "fatal", "silent", "9", "inf"])(
      "%j lets info through, and says why",
      (text) => {
        vi.stubEnv("KEELSON_LOG", text);
        expect(createLogger({ write: () => undefined }).isEnabled("info")).toBe(true);
        expect(time.current.failures).toHaveLength(text === "" ? 0 : 1);
      },
    );

    test("what is wrong in it is reported, the rest obeyed", () => {
      vi.stubEnv("KEELSON_LOG", "store=loud,debug");
      expect(createLogger({ write: () => undefined }).isEnabled("debug")).toBe(true);
      expect(time.current.failures).toMatchObject([{ task: "KEELSON_LOG", error: { code: "LOG_FILTER_SYNTAX" } }]);
    });
  });
});

describe("instrument", () => {
  test("lines within carry the fields of all spans around them, the inner ones on top; filters see the spans", async () => {
    const { log, parsed } = lines({ filter: "[txn{key=/a}]=debug,warn" });
    const write = instrument(
      async (key: string, _value: string) => {
        await currentRuntime().sleep(1);
        log.debug({ own: key }, "writing");
      },
      { name: "txn", fields: (key, value) => ({ key, value, by: "txn" }), skip: ["value"] },
    );
    const serve = instrument((key: string) => write(key, "secret"), {
      name: "request",
      fields: { by: "request", id: 7 },
    });
    const both = Promise.all([serve("/a"), serve("/b")]);
    await time.current.advance(1);
    await both;
    expect(parsed().map(({ time: _time, level: _level, ...fields }) => fields)).toEqual([
      { id: 7, by: "txn", key: "/a", own: "/a", msg: "writing" },
    ]);
  });

  test("this, arguments, results and failures stay as they are", async () => {
    class Counter {
      n = 1;
      add = instrument(function add(this: Counter, by: number) {
        this.n += by;
        return this.n;
      });
    }
    expect(new Counter().add(2)).toBe(3);
    const failure = new Error("no");
    const throws = instrument(
      (): never => {
        throw failure;
      },
      { name: "throws" },
    );
    expect(throws).toThrow(failure);
    const rejects = instrument(() => Promise.reject(failure), { name: "rejects" });
    await expect(rejects()).rejects.toBe(failure);
  });

  test("ret and err write a line each", async () => {
    const { log, parsed } = lines();
    const half = instrument(
      (n: number) => {
        if (n % 2 === 1) throw new Error("odd");
        return n / 2;
      },
      { name: "half", level: "debug", ret: true, err: "warn", log, fields: (n) => ({ n }) },
    );
    half(4);
    expect(() => half(3)).toThrow("odd");
    const later = instrument(() => Promise.resolve("x"), { name: "later", ret: true, log });
    await later();
    expect(
      parsed().map(({ level, msg, n, ret, err }) => [level, msg, n, ret, (err as Error | undefined)?.message]),
    ).toEqual([
      [20, "half returned", 4, 2, undefined],
      [40, "half failed", 3, undefined, "odd"],
      [30, "later returned", undefined, "x", undefined],
    ]);
  });

  test("fields that throw, or are none, cost the fields", () => {
    const fields = (order: { user?: { id: string } }): object => ({ user: order.user?.id ?? missing() });
    const missing = (): never => {
      throw new Error("no user");
    };
    expect(instrument(() => "charged", { name: "a", fields: fields as never })()).toBe("charged");
    expect(instrument(() => 1, { name: "b", fields: (() => undefined) as never })()).toBe(1);
    expect(time.current.failures).toHaveLength(2);
  });

  test("a logger that throws changes nothing", async () => {
    const broken = {
      ...lines().log,
      info: () => {
        throw new Error("disk full");
      },
    };
    const fine = instrument(() => "result", { name: "fine", ret: true, log: broken });
    expect(fine()).toBe("result");
    const later = instrument(() => Promise.resolve("result"), { name: "later", ret: true, log: broken });
    expect(await later()).toBe("result");
    expect(time.current.failures).toHaveLength(2);
  });

  test("options that make no sense are refused", () => {
    expect(() => createLogger({ filter: 5 as never })).toThrow(
      "Expected `filter` to be a string or a log filter, got `5`",
    );
    expect(() => instrument(1 as never)).toThrow("Expected `fn` to be a function");
    expect(() => instrument(() => 1)).toThrow("Expected `name` to be a non-empty string");
    expect(() => instrument(() => 1, { name: "a", level: "loud" as "info" })).toThrow("Expected `level` to be one of");
    expect(() => instrument(() => 1, { name: "a", err: "loud" as "info" })).toThrow("Expected `err` to be one of");
  });
});
