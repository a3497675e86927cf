import { type Controller, type Manager, type ManagerOptions, createManager } from "keelson/controllers";
import type { LogFields, LogMethod, Logger } from "keelson/core";
import { type Kind, defineKind } from "keelson/resources";
import type { StateStore } from "keelson/store";
import { memoryStore } from "keelson/store/memory";
import { type VirtualTime, virtualTime } from "keelson/testing";

/** What controllers under test look after. */
export const Parent: Kind<{ size: number }, { seen: number }> = defineKind<{ size: number }, { seen: number }>()(
  "Parent",
);

/** What they make. */
export const Child: Kind<{ of: string }> = defineKind<{ of: string }>()("Child");

/** One line of a log. */
export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields;
}

/** A manager at work on a store in memory, in virtual time. */
export interface World extends AsyncDisposable {
  readonly time: VirtualTime;
  readonly manager: Manager;
  readonly client: Manager["client"];
  readonly logs: readonly LogLine[];
  /** What `run` came to. */
  readonly running: Promise<void>;
  stop(reason?: unknown): void;
}

export interface WorldOptions extends Partial<Omit<ManagerOptions, "store">> {
  readonly seed?: number;
  /** Puts something between the manager and its store. */
  readonly wrap?: (store: StateStore) => StateStore;
  /** What there is before the manager starts. */
  readonly before?: (client: Manager["client"]) => Promise<unknown>;
}

/** Runs controllers until the world is disposed. */
export async function runWorld(controllers: readonly Controller[], options: WorldOptions = {}): Promise<World> {
  const { seed = 1, wrap, before, ...rest } = options;
  const time = virtualTime({ seed });
  const logs: LogLine[] = [];
  const manager = createManager({
    store: wrap?.(memoryStore()) ?? memoryStore(),
    controllers,
    log: recorder(logs),
    ...rest,
  });
  await before?.(manager.client);
  const stop = new AbortController();
  const running = manager.run(stop.signal);
  running.catch(() => undefined);
  await time.settle();
  return {
    time,
    manager,
    client: manager.client,
    logs,
    running,
    stop: (reason) => {
      stop.abort(reason);
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await time.advance("1m");
      try {
        await running;
      } finally {
        time[Symbol.dispose]();
      }
    },
  };
}

function recorder(lines: LogLine[]): Logger {
  const at =
    (level: string): LogMethod =>
    (first: LogFields | Error | string, message?: string): void => {
      const own = first instanceof Error ? { err: first } : first;
      const [fields, text] = typeof own === "string" ? [{}, own] : [own, message ?? ""];
      lines.push({ level, message: text, fields });
    };
  const logger: Logger = {
    trace: at("trace"),
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: () => logger,
  };
  return logger;
}
