import { afterAll, test } from "vitest";
import { sqliteStore } from "keelson/store/sqlite";
import { storeConformance } from "keelson/testing";
import { sqliteMissing, temporaryFolder } from "../support/sqlite.js";
import { describeUnless } from "../support/when.js";

describeUnless(sqliteMissing, "the SQLite store", () => {
  const folder = temporaryFolder();
  afterAll(() => {
    folder[Symbol.dispose]();
  });
  storeConformance({
    test: (name, body) => {
      test.concurrent(name, body);
    },
    open: (name) => sqliteStore({ file: folder.file(`${name}.db`) }),
    capabilities: { durable: true },
  });
});
