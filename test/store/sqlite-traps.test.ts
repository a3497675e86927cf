import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { execPath, getuid, platform } from "node:process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { systemRuntime } from "keelson/core";
import { put } from "keelson/store";
import { sqliteStore } from "keelson/store/sqlite";
import { outcome } from "../support/outcome.js";
import { ownMs } from "../support/own-time.js";
import { smallDisk, smallDiskMissing } from "../support/small-disk.js";
import { unasked } from "../support/servers.js";
import { rawSqlite, sqliteMissing, temporaryFolder } from "../support/sqlite.js";
import { text } from "../support/store.js";
import { describeUnless } from "../support/when.js";

const runtime = systemRuntime();

/** Of a program that root needs on Linux: why it can't be used, if it can't. */
function programMissing(program: string, ...args: readonly string[]): string | undefined {
  if (platform !== "linux" || getuid?.() !== 0) return `needs ${program} as root on Linux`;
  return spawnSync(program, args).status === 0 ? undefined : `there is no ${program}`;
}

/** The longest time for which the event loop stood still while `work` ran, but for waiting for a processor. */
async function longestStandstill(work: () => Promise<unknown>): Promise<number> {
  const ticking = new AbortController();
  let [last, longest] = [ownMs(), 0];
  const ticks = (async (): Promise<void> => {
    while (!ticking.signal.aborted) {
      await runtime.sleep(5);
      longest = Math.max(longest, ownMs() - last - 5);
      last = ownMs();
    }
  })();
  await work();
  ticking.abort();
  await ticks;
  return longest;
}

describeUnless(sqliteMissing, "while another process holds SQLite's lock", () => {
  test("a synchronous driver holds up the event loop; the store does not", async () => {
    using folder = temporaryFolder();
    const file = folder.file("state.db");
    const store = sqliteStore({ file, busyTimeout: "1m" });
    await put(store, "/a", "1");
    const other = rawSqlite(file);
    const heldMs = 800;
    const naive = rawSqlite(file);
    naive.exec(`PRAGMA busy_timeout = ${heldMs}`);
    other.exec("BEGIN IMMEDIATE");
    const theirs = await longestStandstill(async () => {
      await runtime.sleep(10);
      expect(() => naive.exec("BEGIN IMMEDIATE")).toThrow("locked");
    });
    let written: unknown;
    const ours = await longestStandstill(async () => {
      const writing = put(store, "/a", "2");
      await runtime.sleep(heldMs);
      other.exec("ROLLBACK");
      written = await writing;
    });
    console.log(`held up for ${Math.round(theirs)} ms by a synchronous driver, ${Math.round(ours)} ms by the store`);
    expect(written).toBe(3);
    expect(theirs).toBeGreaterThan(0.9 * heldMs);
    expect(ours).toBeLessThan(heldMs / 2);
    for (const database of [naive, other]) database.close();
    await store.close();
  });
});

describeUnless(sqliteMissing, "a write to SQLite whose abort races its commit", () => {
  test("is told the truth: not made, or ambiguous, or made", async () => {
    using folder = temporaryFolder();
    const store = sqliteStore({ file: folder.file("state.db") });
    await put(store, "/first", "");
    const value = new Uint8Array(200_000);
    const fates = { made: 0, "not made": 0, ambiguous: 0 };
    const reason = new Error("no longer");
    const isUseless = (): boolean => fates["not made"] === 0 || fates.ambiguous === 0;
    // How long the abort waits: longer after each write that was not made, shorter after others, so that it comes to
    // where the commit is, whatever time that takes on this machine.
    let afterMs = 0;
    for (let turn = 0; turn < 100 || (turn < 1_000 && isUseless()); turn += 1) {
      const controller = new AbortController();
      const key = `/k${turn}`;
      const writing = outcome(put(store, key, value, { signal: controller.signal }));
      for (const until = runtime.now() + afterMs; runtime.now() < until;) await runtime.yieldNow();
      controller.abort(reason);
      const answer = await writing;
      const fate = answer === reason ? "not made" : typeof answer === "number" ? "made" : "ambiguous";
      if (fate === "ambiguous") expect(answer).toMatchObject({ code: "STORE_AMBIGUOUS", cause: reason });
      fates[fate] += 1;
      afterMs = fate === "not made" ? afterMs * 1.5 + 0.01 : afterMs * 0.7;
      const isThere = (await store.get(key)).kv !== undefined;
      if (fate !== "ambiguous") expect(isThere).toBe(fate === "made");
    }
    console.log(JSON.stringify(fates));
    expect(isUseless()).toBe(false);
    await store.close();
  });
});

describeUnless(
  unasked ?? sqliteMissing ?? programMissing("strace", "-V"),
  "what SQLite is asked to bring to the disk",
  () => {
    /** How often so many puts had the disk waited for. */
    function syncs(query: string, puts: number, callers: number): number {
      using folder = temporaryFolder();
      const script = fileURLToPath(new URL("children/puts.ts", import.meta.url));
      const url = `sqlite:${folder.file("state.db")}${query}`;
      const trace = folder.file("trace");
      const program = [execPath, "--import", "tsx", script, url, String(puts), String(callers)];
      const options = ["-f", "-qq", "--seccomp-bpf", "-e", "trace=fsync,fdatasync", "-o", trace];
      const { status, stderr } = spawnSync("strace", [...options, ...program]);
      if (status !== 0) throw new Error(stderr.toString());
      return readFileSync(trace, "utf8")
        .split("\n")
        .filter((line) => /(fsync|fdatasync)\(/.test(line)).length;
    }

    test("each acknowledged write, one by one or many at once; with `normal` none of them", () => {
      const [alone, together, normal] = [syncs("", 50, 1), syncs("", 500, 100), syncs("?synchronous=normal", 50, 1)];
      console.log(`50 puts: ${alone} syncs; 500 by 100 callers: ${together}; 50 with \`normal\`: ${normal}`);
      expect(alone).toBeGreaterThanOrEqual(50);
      expect(together).toBeGreaterThanOrEqual(5);
      expect(together).toBeLessThan(100);
      expect(normal).toBeLessThan(25);
    });
  },
);

describeUnless(
  unasked ?? sqliteMissing ?? programMissing("lsattr", "-V"),
  "a SQLite file that may not be written to",
  () => {
    test("is told so, whoever asks; opened for reading it is read", async () => {
      using folder = temporaryFolder();
      // In a real file system: one in memory knows no such flag.
      const home = `/var/tmp/keelson-${runtime.id("readonly")}`;
      mkdirSync(home);
      const file = `${home}/state.db`;
      try {
        const before = sqliteStore({ file });
        await put(before, "/a", "1");
        await before.close();
        expect(spawnSync("chattr", ["+i", file]).status).toBe(0);
        const store = sqliteStore({ file });
        expect(await outcome(put(store, "/a", "2"))).toMatchObject({ code: "STORE_READ_ONLY" });
        await store.close();
        const reader = sqliteStore({ file, readOnly: true });
        expect(text((await reader.get("/a")).kv)).toBe("1");
        expect(await outcome(put(reader, "/a", "2"))).toMatchObject({ code: "STORE_READ_ONLY" });
        await reader.close();
        spawnSync("chattr", ["-i", file]);
        const after = sqliteStore({ file });
        expect(await put(after, "/a", "2")).toBe(3);
        await after.close();
      } finally {
        spawnSync("chattr", ["-i", file]);
        rmSync(home, { recursive: true });
      }
    });
  },
);

describeUnless(unasked ?? sqliteMissing ?? smallDiskMissing(), "a disk that is full", () => {
  test("is told so; nothing is half written, what was acknowledged stays, and with room it goes on", async () => {
    using disk = smallDisk(3_000_000);
    const store = sqliteStore({ file: `${disk.path}/state.db` });
    try {
      await put(store, "/small", "1");
      writeFileSync(`${disk.path}/filler`, new Uint8Array(2_000_000));
      const large = new Uint8Array(100_000);
      const written: string[] = [];
      let refused: unknown;
      for (let turn = 0; refused === undefined && turn < 50; turn += 1) {
        const answer = await outcome(put(store, `/large/${turn}`, large));
        if (answer instanceof Error) refused = answer;
        else written.push(`/large/${turn}`);
      }
      expect(refused).toMatchObject({ code: "STORE_FULL" });
      const { kvs } = await store.range({ prefix: "/large/" });
      expect(new Set(kvs.map(({ key }) => key))).toEqual(new Set(written));
      expect(text((await store.get("/small")).kv)).toBe("1");
      const { revision } = await store.get("/small");
      rmSync(`${disk.path}/filler`);
      expect(await put(store, "/large/last", large)).toBe(revision + 1);
    } finally {
      await store.close();
    }
  });
});
