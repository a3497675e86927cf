import { writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { put } from "keelson/store";
import { openStore } from "keelson/store/open";
import { outcome } from "../support/outcome.js";
import { sqliteMissing, temporaryFolder } from "../support/sqlite.js";
import { describeUnless } from "../support/when.js";

describe("openStore", () => {
  test("opens a store of its own for each memory:", async () => {
    const [one, two] = [await openStore("memory:"), await openStore("memory:")];
    await put(one, "/a", "1");
    expect((await two.get("/a")).kv).toBeUndefined();
    await Promise.all([one.close(), two.close()]);
  });

  test.each([undefined, 5, new URL("postgres://user:secret@host/")])("refuses what is no string: %j", async (url) => {
    const error = (await outcome(openStore(url as never))) as Error;
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(/^Expected the store's URL to be a string, got (?:`|an object)/);
  });

  test.each(["redis://localhost", "state.db", "", "http://user:secret@host/", "Memory:"])(
    "refuses %j without showing it",
    async (url) => {
      const error = (await outcome(openStore(url))) as Error;
      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toMatch(/^Expected the store's URL to begin with memory:, sqlite:/);
      expect(error.message).not.toContain("secret");
    },
  );

  test.each([
    ["sqlite:a.db?colour=red", TypeError],
    ["memory:?size=5", TypeError],
    ["memory://user:secret@host", TypeError],
    ["sqlite:", TypeError],
    ["sqlite::memory:", TypeError],
    ["sqlite:a.db?synchronous=never", TypeError],
    ["sqlite:a.db?maxBytes=few", RangeError],
    ["sqlite:a.db?busyTimeout=soon", TypeError],
    ["postgres://user:secret@:bad/", TypeError],
    ["postgres://user:secret@host/db?schema=No-Name", TypeError],
    ["postgres://user:secret@host/db?timeout=soon", TypeError],
    ["postgres://user:secret@host:99999/db", TypeError],
    ["postgres://user:secret@one,two/db", TypeError],
    ["postgres://user:secret@host/db?port=five", RangeError],
    ["postgres:user:secret@host", TypeError],
    ["etcd://user:secret@host:0", TypeError],
    ["etcd://user:secret@host:65536", TypeError],
    ["etcd://user:secret@one,,two", TypeError],
    ["etcd://user:secret@host?size=5", TypeError],
    ["etcd://user:1?secret@host", TypeError],
    ["etcd://user:1?secret=5@host", TypeError],
    ["sqlite:100%.db", TypeError],
    ["sqlite:a.db?readOnly=maybe", TypeError],
  ])("refuses %j at once", async (url, kind) => {
    const error = (await outcome(openStore(url))) as Error;
    expect(error).toBeInstanceOf(kind);
    expect(error.message).not.toContain("secret");
  });
});

test("a SQLite driver that this Node lacks is refused with what it needs", async () => {
  if (isBuiltin("node:sqlite")) return;
  const error = (await outcome(openStore("sqlite:a.db?driver=node:sqlite"))) as Error;
  expect(error.message).toMatch(/^The SQLite driver `node:sqlite` needs Node 22\.13 or later, and this is \d/);
});

describeUnless(sqliteMissing, "openStore of sqlite:", () => {
  test("says at once which file is no database, or can't be opened", async () => {
    using folder = temporaryFolder();
    const text = folder.file("notes.txt");
    writeFileSync(text, "This is no database, though it is long enough to be one. ".repeat(20));
    for (const file of [text, folder.file("missing/state.db"), folder.file(".")]) {
      const error = (await outcome(openStore(`sqlite:${file}`))) as Error;
      expect(error).toMatchObject({ code: "STORE_UNAVAILABLE" });
      expect(error.message).toContain(`${resolve(file)} can't be opened as a SQLite database: `);
    }
  });

  test("opens the file at a path, and takes parameters", async () => {
    using folder = temporaryFolder();
    const written = await openStore(`sqlite:${folder.file("a b.db").replace(" ", "%20")}?synchronous=normal`);
    await put(written, "/a", "1");
    await written.close();
    const read = await openStore(`sqlite://${folder.file("a b.db")}?readOnly=true`);
    expect((await read.get("/a")).kv?.version).toBe(1);
    expect(await outcome(put(read, "/a", "2"))).toMatchObject({ code: "STORE_READ_ONLY" });
    await read.close();
  });
});
