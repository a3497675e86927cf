import { env } from "node:process";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { expect, test } from "vitest";
import { systemRuntime } from "keelson/core";
import { put } from "keelson/store";
import { sqliteStore } from "keelson/store/sqlite";
import { sqliteMissing, temporaryFolder } from "../support/sqlite.js";
import { describeUnless } from "../support/when.js";
import { WriterProcess } from "../support/writer-process.js";

const shallow = env["KEELSON_DEEP"] === "1" ? undefined : "takes a machine of its own for a while: npm run test:deep";

/** The longest delay of this process's event loop while `work` runs and four processes write to `file`. */
async function longestDelay(file: string, work: () => Promise<unknown>): Promise<number> {
  const writers = Array.from({ length: 4 }, (_, index) => new WriterProcess(`sqlite:${file}`, `w${index}`, 4));
  await Promise.all(writers.map((writer) => writer.writes(20)));
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  await work();
  delays.disable();
  await Promise.all(writers.map((writer) => writer.kill()));
  return delays.max / 1e6;
}

describeUnless(sqliteMissing ?? shallow, "the event loop", () => {
  test("is not held up by a store on a file that four processes write to", async () => {
    using folder = temporaryFolder();
    const runtime = systemRuntime();
    const without = await longestDelay(folder.file("other.db"), () => runtime.sleep(5_000));
    const store = sqliteStore({ file: folder.file("state.db") });
    const written: number[] = [];
    const withStore = await longestDelay(folder.file("state.db"), async () => {
      const until = runtime.now() + 5_000;
      while (runtime.now() < until) written.push(await put(store, "/mine", "1"));
    });
    await store.close();
    console.log(`longest delay: ${without.toFixed(1)} ms without the store, ${withStore.toFixed(1)} ms with it`);
    expect(written).not.toEqual([]);
    expect(withStore).toBeLessThanOrEqual(without + 50);
  }, 60_000);
});
