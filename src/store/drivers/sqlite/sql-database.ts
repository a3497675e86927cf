/** A value as it goes into or comes out of SQLite. */
export type SqlValue = number | string | Uint8Array | null;

/** A row by column name. */
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** A prepared statement; parameters are positional. */
export interface SqlStatement {
  get(...parameters: readonly SqlValue[]): unknown;
  all(...parameters: readonly SqlValue[]): readonly unknown[];
  iterate(...parameters: readonly SqlValue[]): Iterable<unknown>;
  run(...parameters: readonly SqlValue[]): unknown;
}

/** One connection: what `node:sqlite` and `better-sqlite3` have in common. */
export interface SqlDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): SqlStatement;
  close(): unknown;
}

/** Which of the two drivers is used. */
export type SqliteDriver = "node:sqlite" | "better-sqlite3";

/** Opens a connection to a file. */
export type OpenDatabase = (file: string, options: { readonly readOnly: boolean }) => SqlDatabase;

/** Not a literal, since the types of Node 20 lack the module. */
const nodeSqlite = "node:sqlite";

/** Opens with the driver of that name; `module` is where `better-sqlite3` is. */
export async function databaseOpener(driver: SqliteDriver, module: string | undefined): Promise<OpenDatabase> {
  if (driver === "better-sqlite3") {
    if (module === undefined) throw new TypeError("Expected the location of `better-sqlite3`");
    const { default: Database } = (await import(module)) as {
      default: new (file: string, options: { readonly: boolean; timeout: number }) => SqlDatabase;
    };
    return (file, { readOnly }) => numbered(new Database(file, { readonly: readOnly, timeout: 0 }));
  }
  const { DatabaseSync } = (await import(nodeSqlite)) as {
    DatabaseSync: new (file: string, options: { readOnly: boolean }) => SqlDatabase;
  };
  return (file, options) => numbered(withEmptyBlobs(new DatabaseSync(file, options)));
}

/** `better-sqlite3`, and `node:sqlite` before 22.19, take `?1` for a name; here it is a position. */
function numbered(database: SqlDatabase): SqlDatabase {
  return preparing(database, (sql) => {
    const order: number[] = [];
    const statement = database.prepare(
      sql.replace(/\?(\d+)/g, (_, number: string) => {
        order.push(Number(number) - 1);
        return "?";
      }),
    );
    if (order.every((position, index) => position === index)) return statement;
    return taking(statement, (given) => order.map((position) => given[position] ?? null));
  });
}

const empty = new Uint8Array(1).subarray(1);

/** `node:sqlite` of Node 22 takes an empty array for NULL where no memory stands behind it: those sent to a thread. */
function withEmptyBlobs(database: SqlDatabase): SqlDatabase {
  const probe = database.prepare("SELECT typeof(?) AS type").get(structuredClone(new Uint8Array(0))) as {
    type: string;
  };
  if (probe.type === "blob") return database;
  const filled = (value: SqlValue): SqlValue => (value instanceof Uint8Array && value.length === 0 ? empty : value);
  return preparing(database, (sql) => taking(database.prepare(sql), (given) => given.map(filled)));
}

function preparing(database: SqlDatabase, prepare: (sql: string) => SqlStatement): SqlDatabase {
  return { exec: (sql) => database.exec(sql), close: () => database.close(), prepare };
}

/** A statement whose parameters are made of those given. */
function taking(statement: SqlStatement, made: (given: readonly SqlValue[]) => readonly SqlValue[]): SqlStatement {
  return {
    get: (...given) => statement.get(...made(given)),
    all: (...given) => statement.all(...made(given)),
    iterate: (...given) => statement.iterate(...made(given)),
    run: (...given) => statement.run(...made(given)),
  };
}
