import { appendFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { logFile, rotateInPlace } from "../../src/reconcilers/agent/log-file.js";

it("puts a file aside that a process goes on writing to, and loses nothing of what comes while it is copied", async () => {
  const folder = await mkdtemp(join(tmpdir(), "keelson-logs-"));
  let lines = 0;
  const write = (count: number): void => {
    const numbers = Array.from({ length: count }, (_, index) => `${String(lines + index).padStart(9, "0")}\n`);
    appendFileSync(logFile(folder, "stdout"), numbers.join(""));
    lines += count;
  };
  for (let round = 0; round < 5; round += 1) {
    write(200_000);
    const progress = { isDone: false };
    const rotation = rotateInPlace(folder, "stdout", { maxBytes: 1_000_000, files: 10 }).finally(() => {
      progress.isDone = true;
    });
    while (!progress.isDone) {
      write(1);
      await setImmediate();
    }
    await rotation;
  }
  const kept = await Promise.all(
    [5, 4, 3, 2, 1, 0].map((aside) => readFile(logFile(folder, "stdout", aside), "utf8").catch(() => "")),
  );
  await rm(folder, { recursive: true });
  const numbers = kept.join("").trim().split("\n").map(Number);
  expect(numbers.length).toBe(lines);
  expect(numbers.every((number, index) => number === index)).toBe(true);
});
