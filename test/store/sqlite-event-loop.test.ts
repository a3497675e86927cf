import { env } from "node:process";
import { expect, test } from "vitest";
import { systemRuntime } from "keelson/core";
import { put } from "keelson/store";
import { sqliteStore } from "keelson/store/sqlite";
import { quantile } from "../../bench/harness.js";
import { ownMs } from "../support/own-time.js";
import { sqliteMissing, temporaryFolder } from "../support/sqlite.js";
import { describeUnless } from "../support/when.js";
import { WriterProcess } from "../support/writer-process.js";

const shallow = env["KEELSON_DEEP"] === "1" ? undefined : "takes a machine of its own for a while: npm run test:deep";

const runtime = systemRuntime();

/**
 * The longest delay of this process's event loop while `work` runs and four processes write to `file`. Time in which
 * the writers left it no processor does not count.
 */
async function longestDelay(file: string, work: () => Promise<unknown>): Promise<number> {
  const writers = Array.from({ length: 4 }, (_, index) => new WriterProcess(urlOf(file), `w${index}`, 4));
  await Promise.all(writers.map((writer) => writer.writes(20)));
  const ticking = new AbortController();
  let longest = 0;
  const ticks = (async (): Promise<void> => {
    while (!ticking.signal.aborted) {
      const before = ownMs();
      await runtime.sleep(1);
      longest = Math.max(longest, ownMs() - before - 1);
    }
  })();
  await work();
  ticking.abort();
  await ticks;
  await Promise.all(writers.map((writer) => writer.kill()));
  return longest;
}

/** Each writer waits for its turn, however long the others take. */
const urlOf = (file: string): string => `sqlite:${file}?busyTimeout=1m`;

describeUnless(sqliteMissing ?? shallow, "the event loop", () => {
  test("is not held up by a store on a file that four processes write to", async () => {
    // Medians of three rounds: once in a while a thread waits for another that is left without a processor.
    const longest = { without: [] as number[], with: [] as number[] };
    for (let round = 0; round < 3; round += 1) {
      using folder = temporaryFolder();
      longest.without.push(await longestDelay(folder.file("other.db"), () => runtime.sleep(5_000)));
      const store = sqliteStore({ file: folder.file("state.db"), busyTimeout: "1m" });
      const written: number[] = [];
      const withStore = await longestDelay(folder.file("state.db"), async () => {
        const until = runtime.now() + 5_000;
        while (runtime.now() < until) written.push(await put(store, "/mine", "1"));
      });
      longest.with.push(withStore);
      await store.close();
      expect(written).not.toEqual([]);
    }
    const [without, withStore] = [quantile(longest.without, 0.5), quantile(longest.with, 0.5)];
    console.log(`longest delay: ${without.toFixed(1)} ms without the store, ${withStore.toFixed(1)} ms with it`);
    expect(withStore).toBeLessThanOrEqual(without + 50);
  });
});
