import { type SqlDatabase, databaseOpener } from "../../src/store/drivers/sqlite/sql-database.js";
import type { BootClock } from "../../src/store/drivers/sqlite/boot-clock.js";
import { SqliteEngine } from "../../src/store/drivers/sqlite/engine.js";
import { RequestSlots } from "../../src/store/drivers/sqlite/request-slots.js";
import { chooseDriver } from "../../src/store/drivers/sqlite/sqlite-driver.js";
import type {
  Answer,
  FromWorker,
  ReadCall,
  SentRequest,
  WorkerSettings,
  WriteCall,
} from "../../src/store/drivers/sqlite/worker-protocol.js";
import type { Runtime } from "keelson/core";

/** What runs in a store's thread, here without the thread: on a clock of the test's, and one message at a time. */
export interface EngineUnderTest {
  readonly slots: RequestSlots;
  /** Messages of answers, as they came. */
  readonly answered: (readonly Answer[])[];
  /** All messages, as they came. */
  readonly messages: FromWorker[];
  /** Sends calls in one message; answers the slot of the first. */
  send(...calls: readonly (ReadCall | WriteCall)[]): number;
  /** Sends one call and waits for its answer. */
  ask(call: ReadCall | WriteCall): Promise<Answer>;
  close(): void;
}

/** What an engine is started with. */
export interface EngineOptions extends Partial<WorkerSettings> {
  readonly runtime: Runtime;
  readonly clock: BootClock;
  /** Makes of each connection the one that is used. */
  readonly meddle?: (database: SqlDatabase) => SqlDatabase;
}

/** Starts one on a file. */
export async function sqliteEngine(
  file: string,
  { runtime, clock, meddle = (database) => database, ...settings }: EngineOptions,
): Promise<EngineUnderTest> {
  const { driver, module } = chooseDriver(undefined);
  const answered: (readonly Answer[])[] = [];
  const messages: FromWorker[] = [];
  const waiting = new Map<number, (answer: Answer) => void>();
  const open = await databaseOpener(driver, module);
  const engine = new SqliteEngine({
    runtime,
    clock,
    open: (path, options) => meddle(open(path, options)),
    settings: {
      file,
      driver,
      module,
      readOnly: false,
      synchronous: "FULL",
      maxBytes: undefined,
      busyMs: 5_000,
      retentionAgeMs: 3_600_000,
      retentionRevisions: 1_000_000,
      ...settings,
    },
    send: (message: FromWorker) => {
      messages.push(message);
      if ("type" in message) return;
      const [answers] = message;
      answered.push(answers);
      for (const answer of answers) waiting.get(answer[0])?.(answer);
    },
    exit: () => undefined,
  });
  const slots = new RequestSlots((memory) => {
    engine.receive({ type: "slots", memory });
  });
  const post = (requests: readonly SentRequest[]): void => {
    engine.receive(requests);
    void runtime.yieldNow().then(() => {
      engine.turn();
    });
  };
  let ids = 0;
  const request = (call: ReadCall | WriteCall): SentRequest => [(ids += 1), slots.take(), call];
  return {
    slots,
    answered,
    messages,
    send: (...calls) => {
      const requests = calls.map(request);
      post(requests);
      return requests[0]?.[1] ?? 0;
    },
    ask: (call) => {
      const asked = request(call);
      const answer = new Promise<Answer>((resolve) => waiting.set(asked[0], resolve));
      post([asked]);
      return answer;
    },
    close: () => {
      engine.receive({ type: "close" });
    },
  };
}
