import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** How a server is run. */
export interface ServerCommand {
  readonly file: string;
  readonly args: readonly string[];
  /** As whom, when this process is root and the server refuses to be. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** Whether it answers. */
  readonly isReady: () => Promise<boolean>;
}

/** How long a server may take to answer, on a machine that has other things to do. */
const startMs = 120_000;

/** A real server, as a child of this process. */
export class ServerProcess {
  readonly #command: ServerCommand;
  readonly #home: ServerHome;
  #child: ChildProcess | undefined = undefined;
  #exited: Promise<void> = Promise.resolve();
  #output = "";

  constructor(home: ServerHome, command: ServerCommand) {
    this.#home = home;
    this.#command = command;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts it, and with `wait` waits until it answers; harmless while it runs. */
  async start({ wait = true }: { readonly wait?: boolean } = {}): Promise<void> {
    if (this.#child === undefined) this.#spawn();
    if (wait) await this.ready();
  }

  /** Waits until it answers. */
  async ready(): Promise<void> {
    const started = performance.now();
    while (!(await this.#command.isReady())) {
      const isLate = performance.now() - started > startMs;
      if (this.#child !== undefined && !isLate) await sleep(50);
      else throw new Error(`${this.#command.file} ${isLate ? "does not answer" : "exited"}:\n${this.#output}`);
    }
  }

  /** Ends it at once, as a crash would. */
  kill(): Promise<void> {
    return this.#end("SIGKILL");
  }

  /** Asks it to end, and waits until it has. */
  stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    return this.#end(signal);
  }

  /** Stops it where it stands; its connections stay open and nobody answers. */
  pause(): void {
    this.#child?.kill("SIGSTOP");
  }

  resume(): void {
    this.#child?.kill("SIGCONT");
  }

  #spawn(): void {
    const { file, args, user } = this.#command;
    const child = spawn(file, args, { ...user, cwd: this.#home.path, stdio: ["ignore", "pipe", "pipe"] });
    const keep = (chunk: Buffer): void => {
      this.#output = (this.#output + chunk.toString()).slice(-10_000);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    this.#child = child;
    this.#exited = new Promise((resolve) => {
      const gone = (): void => {
        this.#child = undefined;
        resolve();
      };
      // Not before its own processes have let go of its output, too: some servers don't start beside what is left.
      child.once("close", gone);
      child.once("error", (error) => {
        this.#output += String(error);
        gone();
      });
    });
    if (child.pid !== undefined) this.#home.started(child.pid);
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    this.#child?.kill(signal);
    if (signal !== "SIGKILL") this.#child?.kill("SIGCONT"); // or a paused one would never hear of it
    await this.#exited;
  }
}

/**
 * A directory for servers' data. A shell watches over it: when this process is gone, however it went, the servers are
 * killed and the directory is removed.
 */
export class ServerHome {
  readonly path: string;
  readonly #guard: ChildProcess;

  private constructor(path: string) {
    this.path = path;
    const script =
      'pids=; while read -r pid; do if [ "$pid" = stopped ]; then pids=; else pids="$pids $pid"; fi; done; ' +
      '[ -z "$pids" ] || kill -9 $pids 2>/dev/null; rm -rf "$0"';
    this.#guard = spawn("sh", ["-c", script, path], { stdio: ["pipe", "ignore", "ignore"], detached: true });
    this.#guard.unref();
    this.#guard.stdin?.on("error", () => undefined);
  }

  static async make(name: string): Promise<ServerHome> {
    return new ServerHome(await mkdtemp(join(tmpdir(), `keelson-${name}-`)));
  }

  /** Notes a process that must not outlive this one. */
  started(pid: number): void {
    this.#guard.stdin?.write(`${pid}\n`);
  }

  /** Removes it, once its servers have been stopped. */
  async remove(): Promise<void> {
    const removed = new Promise((resolve) => this.#guard.once("exit", resolve));
    this.#guard.ref();
    this.#guard.stdin?.end("stopped\n");
    await removed;
  }
}
