import type { Runtime, TimerHandle } from "../../../core/runtime.js";
import { tellRetry } from "../../diagnostics.js";
import { StoreUnavailableError } from "../../errors.js";
import type { Revision } from "../../key-value.js";
import type { BackendListener, Reach } from "../shared/backend.js";
import { retryPause } from "../shared/retry-pause.js";
import type { Database } from "./database.js";
import type { PgClient } from "./pg-client.js";
import { toStoreError } from "./pg-errors.js";
import { type Row, type StoreReach, toReach } from "./rows.js";

/** How often the truth is asked for while somebody watches; a notification only makes it sooner. */
const watchPollMs = 250;
/** How long an answer may take before the connection is taken for dead: three times the usual pace of progress. */
const silenceMs = 3_000;
/** How often overdue leases are looked for. */
const restPollMs = 500;

interface ObserverHome {
  readonly runtime: Runtime;
  readonly database: Database;
  readonly reachQuery: string;
  /** Called when leases are overdue. */
  sweep(): Promise<void>;
}

/**
 * A connection of its own that sees how far the store reaches, whoever moved it, and notices when it is another store.
 * It connects again for ever. A query that gets no answer in time ends the connection: silence is no answer.
 */
export class Observer implements Disposable {
  readonly #home: ObserverHome;
  readonly #timer: TimerHandle;
  #listener: BackendListener | undefined = undefined;
  #client: PgClient | undefined = undefined;
  #isWatching = false;
  #isLooking = false;
  #isHinted = false;
  #isClosed = false;
  #isConnected = false;
  #failures = 0;
  #known: StoreReach | undefined = undefined;

  constructor(home: ObserverHome) {
    this.#home = home;
    const look = (): void => {
      this.#soon();
    };
    this.#timer = home.runtime.timer(0, look, "postgres poll");
    this.#timer.unref();
    // Known before anything is answered: what comes later is measured against it.
    home.database.whenPrepared({ text: home.reachQuery }, (row) => {
      this.#learned(row, this.#known);
    });
  }

  listen(listener: BackendListener): void {
    this.#listener = listener;
  }

  setWatching(isWatching: boolean): void {
    this.#isWatching = isWatching;
    this.#keepAlive();
    if (isWatching) this.#soon();
  }

  /** What a call of this process has learned; `revision` is what it made or saw. */
  saw(revision: Revision): void {
    const known = this.#known;
    if (known === undefined || revision <= known.revision) return;
    this.#known = { ...known, revision };
    this.#listener?.reached(this.#known);
  }

  /** What a compaction of this process has done. */
  compacted({ revision, compacted }: Reach): void {
    const known = this.#known;
    if (known === undefined) this.#listener?.reached({ revision, compacted });
    else if (compacted > known.compacted) this.#listener?.reached((this.#known = { ...known, compacted }));
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#timer[Symbol.dispose]();
    this.#letGo();
  }

  /** Looks now, or once more after the look that is under way. */
  #soon(): void {
    this.#isHinted = true;
    if (this.#isLooking || this.#isClosed) return;
    this.#isLooking = true;
    this.#isHinted = false;
    void this.#look().finally(() => {
      this.#isLooking = false;
      if (this.#isHinted) this.#soon();
      else if (!this.#isClosed) this.#timer.reset(this.#pause());
    });
  }

  async #look(): Promise<void> {
    try {
      this.#client ??= await this.#connect();
      const before = this.#known;
      const { rows } = await this.#client.query({ name: "keelson-reach", text: this.#home.reachQuery });
      const row = rows[0];
      if (row === undefined) throw new StoreUnavailableError("the store's tables are gone");
      this.#failures = 0;
      if (!this.#isConnected) this.#listener?.connected();
      this.#isConnected = true;
      this.#learned(row, before);
      if (row["overdue"] === true) await this.#home.sweep();
    } catch (error) {
      this.#failures += 1;
      if (!this.#isClosed) tellRetry("postgres", "connect", error);
      if (this.#isConnected && !this.#isClosed) this.#listener?.disconnected(toStoreError(error, "reading"));
      this.#isConnected = false;
      this.#home.database.doubt();
      this.#letGo();
    }
  }

  /** `before` is what was known when the question was sent: what this process has done since may not be in the answer. */
  #learned(row: Row, before: StoreReach | undefined): void {
    const reach = toReach(row);
    const isOther = before !== undefined && (before.store !== reach.store || before.revision > reach.revision);
    if (isOther) {
      this.#known = reach;
      this.#listener?.replaced(reach);
    }
    const revision = isOther ? reach.revision : Math.max(reach.revision, this.#known?.revision ?? 0);
    this.#known = { ...reach, revision };
    this.#listener?.reached(this.#known);
  }

  async #connect(): Promise<PgClient> {
    const { database } = this.#home;
    const client = await database.connect(silenceMs);
    client.on("notification", () => {
      this.#soon();
    });
    client.on("end", () => {
      if (this.#client === client) this.#soon();
    });
    // In one go: a connection that is cut again and again is to get as far as it can.
    const channel = `format('LISTEN keelson_%s', '${database.schema}.meta'::regclass::oid)`;
    await client.query({ text: `DO $$ BEGIN EXECUTE ${channel}; END $$` });
    this.#client = client;
    this.#keepAlive();
    return client;
  }

  /** The process stays while somebody watches; for the rest it need not. */
  #keepAlive(): void {
    if (this.#isWatching) this.#client?.ref?.();
    else this.#client?.unref?.();
  }

  #letGo(): void {
    void this.#client?.end().catch(() => undefined);
    this.#client = undefined;
  }

  #pause(): number {
    if (this.#failures > 0) return retryPause(this.#home.runtime, this.#failures);
    return this.#isWatching ? watchPollMs : restPollMs;
  }
}
