import { expect, test } from "vitest";
import { TooLargeError, op } from "keelson/store";
import { connect, requireWriter } from "../../src/store/drivers/sqlite/connections.js";
import { databaseOpener } from "../../src/store/drivers/sqlite/sql-database.js";
import { chooseDriver } from "../../src/store/drivers/sqlite/sqlite-driver.js";
import { type WriteJob, runGroup } from "../../src/store/drivers/sqlite/write-group.js";
import { sqliteMissing, temporaryFolder } from "../support/sqlite.js";
import { describeUnless } from "../support/when.js";

describeUnless(sqliteMissing, "SQLite transactions that share a commit", () => {
  test("one that fails amid its changes leaves nothing behind, and the others are kept", async () => {
    using folder = temporaryFolder();
    const { driver, module } = chooseDriver(undefined);
    const settings = {
      file: folder.file("state.db"),
      driver,
      module,
      readOnly: false,
      synchronous: "NORMAL",
      maxBytes: undefined,
      busyMs: 1_000,
      retentionAgeMs: 1_000,
      retentionRevisions: 1_000,
    } as const;
    const connections = connect(await databaseOpener(driver, module), settings, { bootId: "1", now: () => 0 });
    const writer = requireWriter(connections);
    const put = (...keys: readonly string[]): WriteJob => ({
      run: ({ txns }) => txns.txn({ then: keys.map((key) => op.put(key, "1")) }).revision,
    });
    const failing: WriteJob = {
      run: ({ txns }) => {
        const late = op.put("/c", "1");
        const tooLarge = Object.defineProperty({ ...late }, "key", {
          get: () => {
            throw new TooLargeError("it turned out while it was written");
          },
        });
        return txns.txn({ then: [op.put("/b", "1"), tooLarge] });
      },
    };
    const { outcomes } = runGroup(writer, () => [put("/a"), failing, put("/d", "/e")]);
    expect(outcomes).toEqual([{ value: 2 }, { error: expect.any(TooLargeError) as TooLargeError }, { value: 3 }]);
    const { kvs } = writer.txns.reads.range({ prefix: "" }, {});
    expect(kvs.map(({ key, modRevision }) => [key, modRevision])).toEqual([
      ["/a", 2],
      ["/d", 3],
      ["/e", 3],
    ]);
    connections.close();
  });
});
