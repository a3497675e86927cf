import type { Runtime, TimerHandle } from "../../../core/runtime.js";
import { NotAppliedError, type StoreError, StoreUnavailableError } from "../../errors.js";
import type { BootClock } from "./boot-clock.js";
import { type Connections, connect, requireWriter } from "./connections.js";
import { Housekeeping } from "./housekeeping.js";
import { Observer } from "./observer.js";
import { SharedSlots } from "./request-slots.js";
import type { OpenDatabase } from "./sql-database.js";
import { isBusy, toStoreError } from "./sqlite-errors.js";
import { toWire } from "./wire-error.js";
import type {
  Answer,
  FromWorker,
  ReadCall,
  Request,
  SentRequest,
  ToWorker,
  WorkerSettings,
  WriteCall,
} from "./worker-protocol.js";
import { type GroupOutcome, type WriteJob, runGroup } from "./write-group.js";
import { WriteQueue } from "./write-queue.js";
import { answerRead, writeJob } from "./calls.js";

/** How often the lock is tried for while another process holds it, with some chance so that nobody is always second. */
const lockRetryMs = 2;

const moved = "the file was moved, replaced or deleted while it was open; close the store and open it again";

/** What the engine needs of its thread. */
export interface EngineHome {
  readonly runtime: Runtime;
  readonly clock: BootClock;
  readonly open: OpenDatabase;
  readonly settings: WorkerSettings;
  readonly send: (message: FromWorker) => void;
  /** Called once everything is closed. */
  readonly exit: () => void;
}

/** The worker's side of a SQLite store: reads at once, writes in groups, and looks after the file in between. */
export class SqliteEngine {
  readonly #home: EngineHome;
  readonly #slots = new SharedSlots();
  readonly #writes = new WriteQueue(this.#slots);
  readonly #observer: Observer;
  readonly #housekeeping: Housekeeping;
  readonly #lockTimer: TimerHandle;
  #reads: Request<ReadCall>[] = [];
  #connections: Connections | undefined = undefined;
  #isTurnDue = false;
  #isWaitingForLock = false;
  /** Whether it has been told that another process has the lock. */
  #isBusy = false;
  #isClosed = false;
  /** Whether the file is no longer at its path: what is written now would be lost with it. */
  #isMoved = false;

  constructor(home: EngineHome) {
    const { runtime, settings, clock } = home;
    this.#home = home;
    this.#observer = new Observer(
      home,
      () => this.#opened(),
      () => {
        this.#moved();
      },
    );
    this.#housekeeping = new Housekeeping(runtime, settings, clock, () => {
      this.#soon();
    });
    const retry = (): void => {
      this.#isWaitingForLock = false;
      this.turn();
    };
    this.#lockTimer = runtime.timer(Number.POSITIVE_INFINITY, retry, "sqlite lock");
    this.#soon(); // so that a file that can't be opened is known at once
  }

  /** Takes a message; what it asks for is done in the next turn. */
  receive(message: ToWorker): void {
    if (this.#isClosed) return;
    if (!("type" in message)) {
      for (const request of message) this.#queue(request);
      return;
    }
    switch (message.type) {
      case "slots":
        this.#slots.add(message.memory);
        break;
      case "watching":
        this.#observer.setWatching(message.isWatching);
        break;
      case "close":
        this.#close();
        break;
    }
  }

  #queue([id, slot, call]: SentRequest): void {
    if (isRead(call)) this.#reads.push({ id, slot, call });
    else {
      const giveUpAt = this.#home.runtime.now() + this.#home.settings.busyMs;
      this.#writes.push({ request: { id, slot, call }, giveUpAt });
    }
  }

  /** Lets what has arrived meanwhile be received first, so that it shares a commit. */
  #soon(): void {
    if (this.#isTurnDue) return;
    this.#isTurnDue = true;
    void this.#home.runtime.yieldNow().then(() => {
      this.#isTurnDue = false;
      this.turn();
    });
  }

  /** Answers the reads that wait, and makes one commit of the writes that do. */
  turn(): void {
    if (this.#isClosed) return;
    try {
      const connections = this.#opened();
      this.#answerReads(connections);
      if (!this.#isWaitingForLock) this.#write(connections);
    } catch (error) {
      this.#refuseAll(toStoreError(error));
    }
  }

  /** The connections, opened if they aren't. */
  #opened(): Connections {
    if (this.#isMoved) throw new StoreUnavailableError(moved);
    if (this.#connections !== undefined) return this.#connections;
    const { open, settings, clock, send } = this.#home;
    try {
      this.#connections = connect(open, settings, clock);
    } catch (error) {
      send({ type: "failed", error: toWire(toStoreError(error)) });
      throw error;
    }
    send({ type: "opened" });
    this.#observer.look(this.#connections);
    return this.#connections;
  }

  #answerReads({ reader }: Connections): void {
    const reads = this.#reads;
    if (reads.length === 0) return;
    reader.database.exec("BEGIN");
    try {
      const answers = reads.map(({ id, call }): Answer => {
        try {
          return [id, answerRead(reader, call)];
        } catch (error) {
          return [id, undefined, toWire(toStoreError(error))];
        }
      });
      this.#reads = [];
      this.#home.send([answers]);
    } finally {
      reader.database.exec("COMMIT");
    }
  }

  #write(connections: Connections): void {
    const chores = this.#housekeeping.due(connections);
    if (this.#writes.length === 0 && chores.length === 0) return;
    const answers: Answer[] = [];
    const cancelled = ({ id }: Request): void => {
      answers.push([id]);
    };
    let started: readonly Request<WriteCall>[] = [];
    const jobs = (): readonly WriteJob[] => {
      started = this.#writes.start(cancelled);
      return [...started.map(({ call }) => writeJob(call)), ...chores];
    };
    let group: GroupOutcome;
    try {
      group = runGroup(requireWriter(connections), jobs);
    } catch (error) {
      if (!isBusy(error)) throw error;
      this.#waitForLock();
      return;
    }
    this.#isBusy = false;
    const { outcomes, advance } = group;
    started.forEach(({ id }, index) => {
      const outcome = outcomes[index];
      if (outcome === undefined) return;
      answers.push("error" in outcome ? [id, undefined, toWire(outcome.error)] : [id, outcome.value]);
    });
    this.#housekeeping.done(outcomes.slice(started.length));
    if (advance === undefined) {
      this.#observer.tryToLook(connections);
      this.#home.send([answers]);
    } else {
      this.#observer.advanced(advance);
      this.#home.send([answers, advance.to.revision, advance.to.compacted]);
    }
    if (this.#writes.length > 0) this.#soon();
  }

  #waitForLock(): void {
    const { runtime, settings, send } = this.#home;
    // Once for all tries, of which there are hundreds a second, and before those are answered that wait no longer.
    if (!this.#isBusy) send({ type: "busy" });
    this.#isBusy = true;
    const answers: Answer[] = [];
    const late = this.#writes.giveUp(({ id }) => answers.push([id]), runtime.now());
    const message = `another process has held SQLite's write lock for ${settings.busyMs} ms`;
    for (const { id } of late) answers.push([id, undefined, toWire(new NotAppliedError(message))]);
    if (answers.length > 0) send([answers]);
    this.#isWaitingForLock = true;
    this.#lockTimer.reset(lockRetryMs * (0.5 + runtime.random()));
  }

  /** Nothing has been applied of what still waits. */
  #refuseAll(error: StoreError): void {
    const reads = this.#reads;
    this.#reads = [];
    const answers: Answer[] = reads.map(({ id }) => [id, undefined, toWire(error)]);
    const writes = this.#writes.giveUp(({ id }) => answers.push([id]));
    for (const { id } of writes) answers.push([id, undefined, toWire(error)]);
    if (answers.length > 0) this.#home.send([answers]);
  }

  /** It is not opened again: what SQLite left beside the old file would be applied to the new one. */
  #moved(): void {
    this.#isMoved = true;
    this.#home.send({ type: "failed", error: toWire(new StoreUnavailableError(moved)) });
  }

  #close(): void {
    this.#lockTimer[Symbol.dispose]();
    this.#housekeeping[Symbol.dispose]();
    this.#observer[Symbol.dispose]();
    this.#isClosed = true;
    this.#connections?.close();
    this.#home.send({ type: "closed" });
    this.#home.exit();
  }
}

const reads: ReadonlySet<string> = new Set<ReadCall["type"]>(["get", "range", "changes", "reach", "inspect"]);

function isRead(call: ReadCall | WriteCall): call is ReadCall {
  return reads.has(call.type);
}
