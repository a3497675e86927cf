import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { appendFile, copyFile, rename, rm, stat, truncate } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Runtime } from "../../core/index.js";
import type { RunId } from "./workload-runtime.js";

/** Which output of a run. */
export type LogStream = "stdout" | "stderr";

/** How much of each output is kept. */
export interface LogLimits {
  /** Bytes after which a file is put aside and another begun. @defaultValue 10 MiB */
  readonly maxBytes?: number;
  /** Files kept, with the present one. @defaultValue `3` */
  readonly files?: number;
}

/** The limits with their defaults: 10 MiB, three files. */
export function logLimits({ maxBytes = 10 * 1_024 * 1_024, files = 3 }: LogLimits = {}): Required<LogLimits> {
  return { maxBytes, files };
}

/** The folder of a run. */
export function runFolder(stateDir: string, { uid, restart }: RunId): string {
  return join(stateDir, uid, String(restart));
}

/** The file of an output; those put aside are named `.1`, the latest, `.2` and so on. */
export function logFile(dir: string, stream: LogStream, aside = 0): string {
  return join(dir, aside === 0 ? `${stream}.log` : `${stream}.log.${String(aside)}`);
}

/**
 * Puts a file that has grown too large aside while its process goes on writing to it: what is there is copied and the
 * file emptied, as the process cannot be told to open another. What is written in the microseconds before is lost.
 */
export async function rotateInPlace(dir: string, stream: LogStream, limits: Required<LogLimits>): Promise<void> {
  const file = logFile(dir, stream);
  if ((await sizeOf(file)) <= limits.maxBytes) return;
  await shiftAside(dir, stream, limits.files);
  if (limits.files === 1) {
    await truncate(file);
    return;
  }
  const aside = logFile(dir, stream, 1);
  await copyFile(file, aside);
  moveRest(file, aside);
}

/** Copies what was written meanwhile, and cuts the file: at once, so that next to nothing can come in between. */
function moveRest(file: string, aside: string): void {
  const [from, to] = [openSync(file, "r+"), openSync(aside, "a")];
  try {
    const chunk = new Uint8Array(64 * 1_024);
    let at = fstatSync(to).size;
    for (let read = readSync(from, chunk, 0, chunk.length, at); read > 0;) {
      at += writeSync(to, chunk, 0, read);
      read = readSync(from, chunk, 0, chunk.length, at);
    }
    ftruncateSync(from);
  } finally {
    closeSync(from);
    closeSync(to);
  }
}

/** Makes room for another `.1`. */
async function shiftAside(dir: string, stream: LogStream, files: number): Promise<void> {
  await rm(logFile(dir, stream, files - 1), { force: files > 1 }).catch(() => undefined);
  for (let aside = files - 2; aside >= 1; aside -= 1) {
    await rename(logFile(dir, stream, aside), logFile(dir, stream, aside + 1)).catch(() => undefined);
  }
}

/** How large a file is; 0 when there is none. */
export async function sizeOf(file: string): Promise<number> {
  return await stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}

/**
 * Writes the output of a run that lives in this process into its folder, and puts files aside as they fill: nothing is
 * lost.
 *
 * @internal
 */
export class LogWriter {
  readonly #dir: string;
  readonly #limits: Required<LogLimits>;
  readonly #runtime: Runtime;
  readonly #sizes: Record<LogStream, number> = { stdout: 0, stderr: 0 };
  #written: Promise<void> = Promise.resolve();

  constructor(dir: string, limits: Required<LogLimits>, runtime: Runtime) {
    this.#dir = dir;
    this.#limits = limits;
    this.#runtime = runtime;
  }

  /** Writes after what was written before. */
  write(stream: LogStream, text: string): void {
    this.#written = this.#written
      .then(() => this.#runtime.real(() => this.#append(stream, text)))
      .catch((error: unknown) => {
        this.#runtime.report(error, { task: `log in ${dirname(this.#dir)}` });
      });
  }

  /** Resolves once everything is written. */
  async flush(): Promise<void> {
    await this.#written;
  }

  async #append(stream: LogStream, text: string): Promise<void> {
    const file = logFile(this.#dir, stream);
    if (this.#sizes[stream] > this.#limits.maxBytes) {
      await shiftAside(this.#dir, stream, this.#limits.files);
      if (this.#limits.files > 1) await rename(file, logFile(this.#dir, stream, 1));
      else await truncate(file);
      this.#sizes[stream] = 0;
    }
    await appendFile(file, text);
    this.#sizes[stream] += Buffer.byteLength(text);
  }
}
