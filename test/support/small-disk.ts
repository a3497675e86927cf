import { spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A disk of so many bytes, in memory, until it is disposed. */
export function smallDisk(bytes: number): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "keelson-disk-"));
  const { status, stderr } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${bytes},mode=777`, "keelson", path]);
  if (status !== 0) {
    rmdirSync(path);
    throw new Error(`no disk can be mounted: ${String(stderr)}`);
  }
  return {
    path,
    [Symbol.dispose]: () => {
      spawnSync("umount", [path]);
      rmdirSync(path);
    },
  };
}

/** Why there can be no small disk, if there can't. */
export function smallDiskMissing(): string | undefined {
  try {
    smallDisk(65_536)[Symbol.dispose]();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
