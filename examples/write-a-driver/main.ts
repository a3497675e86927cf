/** A driver of one's own, and the suite that says whether it is one: `npx tsx examples/write-a-driver/main.ts`. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { storeConformance } from "keelson/testing";
import { JournalStore, capabilities } from "./journal-store.js";

const folder = mkdtempSync(join(tmpdir(), "keelson-driver-"));
const tests: [name: string, body: () => Promise<void>][] = [];
storeConformance({
  test: (name, body) => tests.push([name, body]),
  open: (name) => new JournalStore(join(folder, `${name}.journal`)),
  capabilities,
});

const failures: string[] = [];
for (const [name, body] of tests) {
  try {
    await body();
  } catch (error) {
    failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
for (const failure of failures) console.log(failure);
console.log(`${tests.length - failures.length} of ${tests.length} tests pass`);
rmSync(folder, { recursive: true });
process.exitCode = failures.length === 0 ? 0 : 1;
