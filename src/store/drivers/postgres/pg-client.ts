/** The parts of the package `pg` that the driver uses, so that its types name no package that a user lacks. */

/** A query, prepared under its name on each connection. */
export interface PgQuery {
  /** The name under which each connection keeps it prepared. */
  readonly name?: string;
  /** The statement. */
  readonly text: string;
  /** Its parameters. */
  readonly values?: readonly unknown[];
}

/** What a query answers. */
export interface PgResult {
  /** The rows, by column. */
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** A connection of its own. */
export interface PgClient {
  /** Connects. */
  connect(): Promise<unknown>;
  /** Runs a query. */
  query(query: PgQuery): Promise<PgResult>;
  /** Listens to the connection. */
  on(event: "error" | "end" | "notification", listener: (detail: never) => void): unknown;
  /** Keeps the process alive while it is open: the state it starts in. */
  ref?(): void;
  /** No longer keeps the process alive. */
  unref?(): void;
  /** Closes the connection. */
  end(): Promise<void>;
}

/** A connection that a pool has lent. */
export interface PgPoolClient {
  /** Runs a query. */
  query(query: PgQuery): Promise<PgResult>;
  /** Gives it back; with an error, the pool closes it. */
  release(error?: Error | boolean): void;
}

/** A pool of connections. */
export interface PgPool {
  /** Lends a connection. */
  connect(): Promise<PgPoolClient>;
  /** Listens to idle connections. */
  on(event: "error", listener: (error: Error) => void): unknown;
  /** Listens to new connections. */
  on(event: "connect", listener: (client: PgClient) => void): unknown;
  /** Closes all connections. */
  end(): Promise<void>;
}

/** How connections are made, as `pg` has it. */
export interface PgConfig {
  /** Where, and as whom. */
  readonly connectionString: string;
  /** What the server shows as the connection's name. */
  readonly application_name: string;
  /** Milliseconds until connecting has failed. */
  readonly connectionTimeoutMillis: number;
  /** Milliseconds until a query has failed. */
  readonly query_timeout: number;
  /** Settings of each session. */
  readonly options: string;
  /** Whether TCP looks after connections. */
  readonly keepAlive: boolean;
}

/** The package `pg`, as far as the driver uses it. */
export interface Pg {
  /** Makes a connection. */
  readonly Client: new (config: PgConfig) => PgClient;
  /** Makes a pool. */
  readonly Pool: new (config: PgConfig & { readonly max: number; readonly allowExitOnIdle: boolean }) => PgPool;
}

/** The package, imported when it is first needed. */
export async function importPg(): Promise<Pg> {
  try {
    const { default: pg } = await import("pg");
    return pg;
  } catch (cause) {
    throw new Error("The Postgres store needs the package `pg`: install it with `npm install pg`", { cause });
  }
}
