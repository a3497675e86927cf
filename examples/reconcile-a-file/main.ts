/**
 * A controller in forty lines: a kind `File` says what a file should contain, and the controller sees to it, also when
 * somebody deletes the file behind its back.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createManager, defineController } from "keelson/controllers";
import { type BaseStatus, defineKind, s, waitFor, waitForDeletion } from "keelson/resources";
import { memoryStore } from "keelson/store/memory";

interface FileSpec {
  readonly path: string;
  readonly text: string;
}

const File = defineKind<FileSpec, BaseStatus & { writes?: number }>()("File", {
  schema: s.object({ path: s.string({ minLength: 1 }), text: s.string() }),
});

const files = defineController({
  for: File,
  async reconcile(file, { client }) {
    const { path, text } = file.spec;
    const present = await readFile(path, "utf8").catch(() => undefined);
    if (present !== text) {
      await writeFile(path, text);
      await client.patchStatus(file, { writes: (file.status?.writes ?? 0) + 1 });
    }
    return { requeueAfter: 50 }; // files do not tell when they change, so look again
  },
  finalize: { name: "example.dev/file", cleanup: ({ spec }) => rm(spec.path, { force: true }) },
});

const dir = await mkdtemp(join(tmpdir(), "reconcile-a-file-"));
const store = memoryStore();
const manager = createManager({ store, controllers: [files] });
const stop = new AbortController();
const running = manager.run(stop.signal);

const path = join(dir, "motd");
const motd = await manager.client.create(File, { metadata: { name: "motd" }, spec: { path, text: "hello\n" } });
await waitFor(manager.client, File, "motd", (file) => file.status?.writes === 1);
console.log(`written: ${JSON.stringify(await readFile(path, "utf8"))}`);

await rm(path);
await waitFor(manager.client, File, "motd", (file) => file.status?.writes === 2);
console.log(`deleted behind its back, written again: ${JSON.stringify(await readFile(path, "utf8"))}`);

await manager.client.delete(motd);
await waitForDeletion(manager.client, File, motd);
console.log(
  `object deleted, file ${(await readFile(path).catch(() => undefined)) === undefined ? "gone" : "left behind"}`,
);

stop.abort(new Error("the example ends"));
await running;
await store.close();
await rm(dir, { recursive: true });
