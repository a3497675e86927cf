import { checkKnown, checkOneOf } from "../core/check.js";
import { type Duration, toMs } from "../core/duration.js";
import type { Generator } from "../core/generator.js";
import type { Runtime } from "../core/runtime.js";

/** How a simulated disk behaves. */
export interface DiskOptions {
  /** How long each operation takes. @defaultValue `0` */
  readonly latency?: Duration;
  /**
   * Which unsynced changes a crash loses: `all`, or `some`: those after a random one, as when the system had written a
   * part of them back by itself.
   *
   * @defaultValue `"all"`
   */
  readonly loses?: "all" | "some";
}

/** A host's disk: files by path. What was not synced is lost in a crash. */
export interface SimulatedDisk {
  /** The content of a file, as this host sees it: its own unsynced writes included. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Like {@link SimulatedDisk.read}, as text. */
  readText(path: string): Promise<string | undefined>;
  /** Replaces a file. */
  write(path: string, content: string | Uint8Array): Promise<void>;
  /** Adds to the end of a file. */
  append(path: string, content: string | Uint8Array): Promise<void>;
  /** Gives a file another name, in place of what had it. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file, if there is one. */
  remove(path: string): Promise<void>;
  /** The paths that begin with `prefix`, sorted. */
  list(prefix?: string): Promise<readonly string[]>;
  /** Makes everything written before the call durable. */
  sync(): Promise<void>;
}

type Files = Map<string, Uint8Array>;
type Change = (files: Files) => void;

/** What of a host outlives it. */
export class Disk {
  readonly #generator: Generator;
  readonly #latency: number;
  readonly #loses: "all" | "some";
  readonly #durable: Files = new Map<string, Uint8Array>();
  #current: Files = new Map<string, Uint8Array>();
  #unsynced: Change[] = [];

  constructor(generator: Generator, options: DiskOptions) {
    checkKnown("disk", options, { latency: true, loses: true });
    const { latency = 0, loses = "all" } = options;
    checkOneOf("disk.loses", loses, ["all", "some"]);
    this.#generator = generator;
    this.#latency = toMs(latency, "disk.latency");
    this.#loses = loses;
  }

  /** Loses what was not synced. */
  crash(): void {
    const survivors = this.#loses === "all" ? 0 : this.#generator.below(this.#unsynced.length + 1);
    for (const change of this.#unsynced.slice(0, survivors)) change(this.#durable);
    this.#unsynced = [];
    this.#current = new Map(this.#durable);
  }

  /** The disk as one run of its host sees it. */
  mount(runtime: Runtime & { readonly isAlive: boolean }): SimulatedDisk {
    /** Operations are done when their time has passed, unless the host has crashed by then. */
    const after = async <T>(work: () => T): Promise<T> => {
      if (this.#latency > 0) await runtime.sleep(this.#latency);
      else await runtime.yieldNow();
      return work();
    };
    const change = (act: Change): Promise<void> =>
      after(() => {
        if (!runtime.isAlive) return;
        act(this.#current);
        this.#unsynced.push(act);
      });
    const read = (path: string): Promise<Uint8Array | undefined> => after(() => this.#current.get(path)?.slice());
    return {
      read,
      async readText(path) {
        const content = await read(path);
        return content === undefined ? undefined : new TextDecoder().decode(content);
      },
      write(path, content) {
        const bytes = toBytes(content);
        return change((files) => files.set(path, bytes));
      },
      append(path, content) {
        const bytes = toBytes(content);
        return change((files) => {
          const old = files.get(path) ?? new Uint8Array(0);
          const joined = new Uint8Array(old.length + bytes.length);
          joined.set(old);
          joined.set(bytes, old.length);
          files.set(path, joined);
        });
      },
      rename: (from, to) =>
        change((files) => {
          const content = files.get(from);
          if (content === undefined) return;
          files.delete(from);
          files.set(to, content);
        }),
      remove: (path) => change((files) => files.delete(path)),
      list: (prefix = "") => after(() => [...this.#current.keys()].filter((path) => path.startsWith(prefix)).sort()),
      sync: () => {
        const before = new Set(this.#unsynced);
        return after(() => {
          if (!runtime.isAlive) return;
          for (const act of this.#unsynced) if (before.has(act)) act(this.#durable);
          this.#unsynced = this.#unsynced.filter((act) => !before.has(act));
        });
      },
    };
  }
}

function toBytes(content: string | Uint8Array): Uint8Array {
  return typeof content === "string" ? new TextEncoder().encode(content) : content.slice();
}
