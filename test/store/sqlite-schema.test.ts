import { afterEach, beforeEach, expect, test } from "vitest";
import { checkVersion, migrate } from "../../src/store/drivers/sqlite/schema.js";
import { type SqlDatabase, type SqlStatement, databaseOpener } from "../../src/store/drivers/sqlite/sql-database.js";
import { chooseDriver } from "../../src/store/drivers/sqlite/sqlite-driver.js";
import { sqliteMissing, temporaryFolder } from "../support/sqlite.js";
import { describeUnless } from "../support/when.js";

describeUnless(sqliteMissing, "the tables of a SQLite file", () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let one: SqlDatabase;
  let other: SqlDatabase;
  beforeEach(async () => {
    folder = temporaryFolder();
    const { driver, module } = chooseDriver(undefined);
    const open = await databaseOpener(driver, module);
    one = open(folder.file("state.db"), { readOnly: false });
    other = open(folder.file("state.db"), { readOnly: false });
  });
  afterEach(() => {
    one.close();
    other.close();
    folder[Symbol.dispose]();
  });

  test.for([1, 2, 3])("are not taken for somebody else's when they are created after read %i", (last) => {
    let reads = 0;
    const interrupted: SqlDatabase = {
      exec: (sql) => one.exec(sql),
      close: () => one.close(),
      prepare: (sql) => {
        const statement = one.prepare(sql);
        const get: SqlStatement["get"] = (...parameters) => {
          const row = statement.get(...parameters);
          if (++reads === last) migrate(other);
          return row;
        };
        return { ...statement, get };
      },
    };
    expect(checkVersion(interrupted)).toBeLessThan(2);
    migrate(one);
    expect(checkVersion(one)).toBe(1);
  });

  test("need no lock once they are there", () => {
    migrate(one);
    other.exec("PRAGMA journal_mode = WAL; BEGIN IMMEDIATE");
    migrate(one);
    other.exec("ROLLBACK");
  });
});
