import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Duration, toMs } from "keelson/core";

/** The command line. */
export interface Options {
  /** Everything in this process, or a control plane, or the agent of one node. */
  readonly role: "all" | "control" | "agent";
  /** The agent's node, one of the manifest's. */
  readonly node: string;
  /** Where the state lives, as a URL. */
  readonly store: string;
  readonly manifest: string;
  /** Whether it goes on running once it has shown everything. */
  readonly keep: boolean;
  /** How long a step may go without progress, in milliseconds. */
  readonly limitMs: number;
  /** How long a leader that died is still taken for one. */
  readonly ttl: Duration;
  /** Where an agent keeps pids and logs, so that its instances are found again by its successor. */
  readonly stateDir: string | undefined;
  readonly verbose: boolean;
}

/** A command line that makes no sense. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** How it is called. */
export const usage = `npm run quickstart -- [options]
  --manifest <file>   what to run, and on what         (examples/quickstart/manifest.json)
  --store <url>       memory:, sqlite:<file>, postgres://…, etcd://…  (memory:)
  --role <role>       all, control, or agent           (all)
  --node <name>       whose agent                      (with --role agent)
  --state-dir <dir>   where an agent keeps pids and logs
  --ttl <duration>    of the leader's lease            (15s)
  --timeout <time>    of a step without progress       (15s)
  --keep              go on until Ctrl-C
  --verbose           show what the parts log`;

/** Reads the command line. */
export function readOptions(args: readonly string[]): Options {
  const values = parse(args);
  const { role, node = "", store } = values;
  if (role !== "all" && role !== "control" && role !== "agent") {
    throw new UsageError(`--role: expected all, control or agent, got ${JSON.stringify(role)}`);
  }
  if (role === "agent" && node === "") throw new UsageError("--node: expected a node of the manifest, got nothing");
  if (role !== "all" && store === "memory:") {
    throw new UsageError(`--store: expected one that several processes can share, got ${JSON.stringify(store)}`);
  }
  return {
    role,
    node,
    store,
    manifest: values.manifest ?? fileURLToPath(new URL("manifest.json", import.meta.url)),
    keep: values.keep,
    limitMs: toMs(values.timeout as Duration, "--timeout"),
    ttl: values.ttl as Duration,
    stateDir: values["state-dir"],
    verbose: values.verbose,
  };
}

function parse(args: readonly string[]) {
  const text = (byDefault: string) => ({ type: "string", default: byDefault }) as const;
  const flag = { type: "boolean", default: false } as const;
  const options = {
    role: text("all"),
    node: { type: "string" },
    store: text("memory:"),
    manifest: { type: "string" },
    "state-dir": { type: "string" },
    ttl: text("15s"),
    timeout: text("15s"),
    keep: flag,
    verbose: flag,
  } as const;
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
