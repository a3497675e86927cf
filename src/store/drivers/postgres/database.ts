import { AmbiguousResultError, NotAppliedError, StoreUnavailableError, UnsupportedError } from "../../errors.js";
import type { Pg, PgClient, PgConfig, PgPool, PgPoolClient, PgQuery } from "./pg-client.js";
import { importPg } from "./pg-client.js";
import { type Progress, toStoreError } from "./pg-errors.js";
import type { Row } from "./rows.js";
import { migrate } from "./migrate.js";

/** How the database is reached. */
export interface DatabaseSettings {
  readonly url: string;
  readonly schema: string;
  readonly timeoutMs: number;
  readonly connections: number;
  readonly pg: Pg | undefined;
  /** Settings of each session that the user wants. */
  readonly options: string;
}

/** Connections to one database, made when they are needed, to a schema that is brought up to date first. */
export class Database {
  readonly schema: string;
  readonly #settings: DatabaseSettings;
  readonly #config: PgConfig;
  #pool: Promise<PgPool> | undefined = undefined;
  #prepared: Promise<void> | undefined = undefined;
  #whenPrepared: { readonly query: PgQuery; readonly tell: (row: Row) => void } | undefined = undefined;
  /** When each connection last answered, and when one last did not, on a clock that counts both. */
  readonly #answered = new WeakMap<PgPoolClient, number>();
  #doubted = 0;
  #clock = 0;
  #isClosed = false;

  constructor(settings: DatabaseSettings) {
    this.schema = settings.schema;
    this.#settings = settings;
    this.#config = {
      connectionString: settings.url,
      application_name: "keelson",
      connectionTimeoutMillis: settings.timeoutMs,
      query_timeout: settings.timeoutMs,
      // What a transaction compares has to be read after it took the lock, which a snapshot from before would hide. It
      // comes last, since of two settings that is the one that holds.
      options: `${settings.options} -c default_transaction_isolation=read\\ committed`.trimStart(),
      keepAlive: true,
    };
  }

  /** Runs a query; `progress` says what a failure of it would leave open. */
  async query(query: PgQuery, progress: Exclude<Progress, "connecting">): Promise<readonly Row[]> {
    const client = await this.#lend();
    let failure: Error | undefined;
    try {
      const { rows } = await client.query(query);
      this.#answered.set(client, (this.#clock += 1));
      return rows;
    } catch (error) {
      const known = toStoreError(error, progress);
      if (!(known instanceof NotAppliedError)) failure = error instanceof Error ? error : new Error(String(error));
      if (known instanceof StoreUnavailableError || known instanceof AmbiguousResultError) this.doubt();
      throw known;
    } finally {
      client.release(failure);
    }
  }

  /** Calls `tell` with what `query` answers once the schema is prepared, before any other query is sent. */
  whenPrepared(query: PgQuery, tell: (row: Row) => void): void {
    this.#whenPrepared = { query, tell };
  }

  /** Connections that have not answered since are replaced before they are used: where one is dead, most are. */
  doubt(): void {
    this.#doubted = this.#clock += 1;
  }

  /** A connection of its own, to the prepared schema, on which an answer may take that long. */
  async connect(answerMs: number): Promise<PgClient> {
    await this.#prepare();
    const pg = this.#settings.pg ?? (await importPg());
    const client = new pg.Client({ ...this.#config, query_timeout: Math.min(answerMs, this.#settings.timeoutMs) });
    client.on("error", () => undefined); // `end` follows
    try {
      await client.connect();
      return client;
    } catch (error) {
      void client.end().catch(() => undefined);
      throw toStoreError(error, "connecting");
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const pool = await this.#pool?.catch(() => undefined);
    await pool?.end();
  }

  async #lend(): Promise<PgPoolClient> {
    await this.#prepare();
    const pool = await (this.#pool ??= this.#makePool());
    try {
      for (;;) {
        const client = await pool.connect();
        if ((this.#answered.get(client) ?? this.#clock) >= this.#doubted) return client;
        client.release(true);
      }
    } catch (error) {
      throw toStoreError(error, "connecting");
    }
  }

  async #makePool(): Promise<PgPool> {
    const { pg, connections } = this.#settings;
    const { Pool } = pg ?? (await importPg());
    const pool = new Pool({ ...this.#config, max: connections, allowExitOnIdle: true });
    pool.on("error", () => undefined); // an idle connection that breaks is replaced
    // One that is lent and breaks between two queries would end the process.
    pool.on("connect", (client) => client.on("error", () => undefined));
    return pool;
  }

  /** Brings the schema up to date, once; a failure is tried again by the next call. */
  #prepare(): Promise<void> {
    if (this.#isClosed) return Promise.reject(new StoreUnavailableError("the connections have been closed"));
    this.#prepared ??= this.#migrate().catch((error: unknown) => {
      this.#prepared = undefined;
      throw error;
    });
    return this.#prepared;
  }

  async #migrate(): Promise<void> {
    const pg = this.#settings.pg ?? (await importPg());
    let client: PgClient | undefined;
    try {
      client = new pg.Client(this.#config); // reads the certificates that the URL names
      client.on("error", () => undefined);
      await client.connect();
      await migrate(client, this.schema);
      if (this.#whenPrepared === undefined) return;
      const { query, tell } = this.#whenPrepared;
      const { rows } = await client.query(query);
      rows.forEach(tell);
    } catch (error) {
      if (error instanceof UnsupportedError) throw error;
      throw toStoreError(error, "reading");
    } finally {
      void client?.end().catch(() => undefined);
    }
  }
}
