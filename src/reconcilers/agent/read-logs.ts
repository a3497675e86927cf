import { open, readFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { StringDecoder } from "node:string_decoder";
import { type Runtime, KeelsonError } from "../../core/index.js";
import { checkInteger, checkOneOf } from "../../core/check.js";
import { type LogStream, logFile, sizeOf } from "./log-file.js";
import type { WorkloadRuntime } from "./workload-runtime.js";

/** Which output, and how much of it. */
export interface LogOptions {
  /** Of which start. @defaultValue the last one */
  readonly restart?: number | undefined;
  /** Which output. @defaultValue `"stdout"` */
  readonly stream?: LogStream | undefined;
  /** Only the last so many lines. @defaultValue all that is kept */
  readonly tail?: number | undefined;
  /** Whether to go on with what comes, until the run has ended. @defaultValue `false` */
  readonly follow?: boolean | undefined;
  /** Ends the iteration. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * There is no output of such an instance, or of such a start, here.
 *
 * @example
 * ```ts
 * import { LogsNotFoundError } from "keelson/reconcilers";
 *
 * new LogsNotFoundError("u1", 3).message // => "no output of instance u1, start 3, is kept here"
 * ```
 */
export class LogsNotFoundError extends KeelsonError {
  override readonly name = "LogsNotFoundError";
  readonly code = "LOGS_NOT_FOUND";

  constructor(uid: string, restart?: number, options?: ErrorOptions) {
    super(
      `no output of instance ${uid}${restart === undefined ? "" : `, start ${String(restart)},`} is kept here`,
      options,
    );
  }
}

/** How often a file that is followed is looked at. */
const followMs = 250;

/** The output of an instance, line by line. */
export async function* readLogs(
  workloads: WorkloadRuntime,
  runtime: Runtime,
  uid: string,
  { restart, stream = "stdout", tail = Number.POSITIVE_INFINITY, follow = false, signal }: LogOptions = {},
): AsyncGenerator<string> {
  checkOneOf("stream", stream, ["stdout", "stderr"]);
  if (tail !== Number.POSITIVE_INFINITY) checkInteger("tail", tail, 0);
  if (restart !== undefined) checkInteger("restart", restart, 0);
  const start = await runtime.real(() => findStart(workloads.stateDir, uid, restart));
  const file = logFile(start.dir, stream);
  const { bytes, size } = await runtime.real(() => keptBytes(start.dir, stream));
  const lines = new Lines();
  const kept = [...lines.take(bytes), ...(follow ? [] : lines.end())];
  yield* kept.slice(Math.max(0, kept.length - tail));
  if (!follow) return;
  let offset = size;
  for (;;) {
    // Before it is read: what it wrote before its end is there once it has ended.
    const { state } = await runtime.real(() => workloads.status({ uid, restart: start.restart }));
    const more = await runtime.real(() => readMore(start.dir, file, stream, offset));
    offset = more.offset;
    yield* lines.take(more.bytes);
    if (state !== "running") {
      yield* lines.end();
      return;
    }
    await runtime.sleep(followMs, { signal });
  }
}

async function findStart(
  stateDir: string | undefined,
  uid: string,
  wanted: number | undefined,
): Promise<{ readonly dir: string; readonly restart: number }> {
  // A uid names a folder: nothing else may be read by way of it.
  const folder = stateDir === undefined || !/^[\w-]+$/.test(uid) ? undefined : join(stateDir, uid);
  const names = folder === undefined ? [] : await readdir(folder).catch(() => []);
  const starts = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const restart = wanted ?? Math.max(...starts);
  if (folder === undefined || !starts.includes(restart)) throw new LogsNotFoundError(uid, wanted);
  return { dir: join(folder, String(restart)), restart };
}

/** Everything that is kept, those put aside first, and how far into the present file that goes. */
async function keptBytes(dir: string, stream: LogStream): Promise<{ readonly bytes: Buffer; readonly size: number }> {
  const files: Buffer[] = [];
  for (let aside = 1; await exists(logFile(dir, stream, aside)); aside += 1) {
    files.unshift(await readFile(logFile(dir, stream, aside)));
  }
  const present = await readFile(logFile(dir, stream)).catch(() => nothing);
  return { bytes: Buffer.concat([...files, present]), size: present.length };
}

const nothing = Buffer.alloc(0);

async function exists(file: string): Promise<boolean> {
  return await stat(file).then(
    () => true,
    () => false,
  );
}

/** What came after `offset`; a file that is shorter by now has been put aside, and goes on there. */
async function readMore(
  dir: string,
  file: string,
  stream: LogStream,
  offset: number,
): Promise<{ readonly bytes: Buffer; readonly offset: number }> {
  const size = await sizeOf(file);
  if (size === offset) return { bytes: nothing, offset };
  const [before, from] = size < offset ? [await readFrom(logFile(dir, stream, 1), offset), 0] : [nothing, offset];
  const bytes = await readFrom(file, from);
  return { bytes: Buffer.concat([before, bytes]), offset: from + bytes.length };
}

async function readFrom(file: string, offset: number): Promise<Buffer> {
  const handle = await open(file).catch(() => undefined);
  if (handle === undefined) return nothing;
  try {
    const { size } = await handle.stat();
    const buffer = Buffer.alloc(Math.max(0, size - offset));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** Puts pieces of output together into lines; a piece may end in the midst of a character. */
class Lines {
  readonly #decoder = new StringDecoder("utf8");
  #rest = "";

  take(bytes: Buffer): string[] {
    const lines = (this.#rest + this.#decoder.write(bytes)).split("\n");
    this.#rest = lines.pop() ?? "";
    return lines;
  }

  /** A last line without its end. */
  end(): string[] {
    const last = this.#rest + this.#decoder.end();
    return last === "" ? [] : [last];
  }
}
