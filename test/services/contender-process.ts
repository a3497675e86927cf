import { type ChildProcess, spawn } from "node:child_process";
import { execPath } from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** What a contender says. */
export interface Said {
  readonly event: "ready" | "elected" | "resigning" | "deposed" | "wrote";
  readonly identity: string;
  readonly token?: number;
  readonly code?: string;
  readonly fenced?: boolean;
  readonly unfenced?: boolean;
  /** When it said that, on the clock that all processes share. */
  readonly at: number;
}

const script = fileURLToPath(new URL("fixtures/contender.ts", import.meta.url));

/** A contender in a process of its own. */
export class ContenderProcess {
  readonly said: Said[] = [];
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  #heard: () => void = () => undefined;
  #errors = "";
  #isOver = false;

  constructor(url: string, election: string, identity: string, ttlMs: number) {
    const child = spawn(execPath, ["--import", "tsx", script, url, election, identity, String(ttlMs)], {
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#child = child;
    this.#exited = new Promise((resolve) => {
      // Not before all that it has said is heard.
      child.once("close", () => {
        this.#isOver = true;
        resolve();
        this.#heard();
      });
    });
    child.stderr.on("data", (chunk) => (this.#errors += String(chunk)));
    createInterface(child.stdout).on("line", (line) => {
      this.said.push(JSON.parse(line) as Said);
      this.#heard();
    });
  }

  /** Waits until it says that; answers what it said. */
  async says(event: Said["event"]): Promise<Said> {
    for (;;) {
      const found = this.said.find((each) => each.event === event);
      if (found !== undefined) return found;
      if (this.#isOver) throw new Error(`Expected it to say ${event}, but it ended: ${this.#errors}`);
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }

  resign(): void {
    this.#child.stdin?.write("resign\n");
  }

  pause(): void {
    this.#child.kill("SIGSTOP");
  }

  resume(): void {
    this.#child.kill("SIGCONT");
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited;
  }
}
