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
  return (file, options) => new DatabaseSync(file, options);
}

/** `better-sqlite3` takes `?1` for a name; here it is a position, as in `node:sqlite`. */
function numbered(database: SqlDatabase): SqlDatabase {
  return {
    exec: (sql) => database.exec(sql),
    close: () => database.close(),
    prepare: (sql) => {
      const order: number[] = [];
      const statement = database.prepare(
        sql.replace(/\?(\d+)/g, (_, number: string) => {
          order.push(Number(number) - 1);
          return "?";
        }),
      );
      if (order.every((position, index) => position === index)) return statement;
      const ordered = (given: readonly SqlValue[]): SqlValue[] => order.map((position) => given[position] ?? null);
      return {
        get: (...given) => statement.get(...ordered(given)),
        all: (...given) => statement.all(...ordered(given)),
        iterate: (...given) => statement.iterate(...ordered(given)),
        run: (...given) => statement.run(...ordered(given)),
      };
    },
  };
}
