import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env } from "node:process";
import { afterAll } from "vitest";

/** Examples do not show how to clean up: what one of them makes in the folder of temporary files goes with its file. */
const before = tmpdir();
const own = mkdtempSync(join(before, "keelson-example-"));
env["TMPDIR"] = own;
afterAll(() => {
  env["TMPDIR"] = before;
  rmSync(own, { recursive: true, force: true });
});
