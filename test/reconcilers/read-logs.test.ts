import { appendFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { systemRuntime } from "keelson/core";
import { inProcessRuntime } from "keelson/reconcilers";
import { readLogs } from "../../src/reconcilers/agent/read-logs.js";

let stateDir = "";
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "keelson-logs-"));
  await mkdir(join(stateDir, "u1", "0"), { recursive: true });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(stateDir, { recursive: true });
});

it("follows output that is looked at in the midst of a character", async () => {
  const pieces = ["für ", "€ 5\n", "end\n"].map((text) => Buffer.from(text));
  const bytes = Buffer.concat(pieces);
  let written = 0;
  const write = async (): Promise<void> => {
    await appendFile(join(stateDir, "u1", "0", "stdout.log"), bytes.subarray(written, written + 1));
    written += 1;
  };
  const run = { uid: "u1", restart: 0 };
  const workloads = {
    ...inProcessRuntime({ functions: {}, stateDir }),
    async status() {
      if (written === bytes.length) return { state: "exited", exit: { code: 0 } } as const;
      await write();
      return { state: "running", run } as const;
    },
  };
  await write();
  const runtime = systemRuntime();
  vi.spyOn(runtime, "sleep").mockResolvedValue();
  const lines: string[] = [];
  for await (const line of readLogs(workloads, runtime, "u1", { follow: true })) lines.push(line);
  expect(lines).toEqual(["für € 5", "end"]);
});
