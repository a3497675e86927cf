import { type ChildProcess, spawn } from "node:child_process";
import { execPath } from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("../store/children/writer.ts", import.meta.url));

/** A process that writes as fast as it can, and what it was told is written. */
export class WriterProcess {
  /** The value of each acknowledged write, by its revision. */
  readonly acknowledged: Map<number, string> = new Map<number, string>();
  readonly #child: ChildProcess;
  readonly #gone: Promise<void>;
  #enough: { readonly count: number; readonly resolve: () => void } | undefined = undefined;

  constructor(url: string, name: string, callers = 8) {
    const child = spawn(execPath, ["--import", "tsx", script, url, name, String(callers)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#child = child;
    this.#gone = new Promise((resolve) => child.once("close", resolve));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const [revision = "", value = ""] = line.split(" ");
      this.acknowledged.set(Number(revision), value);
      if (this.#enough !== undefined && this.acknowledged.size >= this.#enough.count) this.#enough.resolve();
    });
  }

  /** Waits until that many writes have been acknowledged. */
  async writes(count: number): Promise<void> {
    await Promise.race([
      new Promise<void>((resolve) => {
        this.#enough = { count, resolve };
        if (this.acknowledged.size >= count) resolve();
      }),
      this.#gone.then(() => Promise.reject(new Error("the writer ended by itself"))),
    ]);
  }

  /** Kills it in the middle of its writing. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#gone;
  }
}
