import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { hrtime } from "node:process";
import type { HistoryCall } from "keelson/testing";

/** One line of a log. */
type Line =
  | { readonly id: string; readonly workload: string; readonly input: unknown; readonly at: number }
  | { readonly id: string; readonly output: unknown; readonly at: number }
  /** It surely had no effect. */
  | { readonly id: string; readonly dropped: true };

/** Milliseconds on the machine's monotonic clock, which all its processes share. */
export function sharedNow(): number {
  return Number(hrtime.bigint() / 1_000n) / 1_000;
}

/** Writes down what a client does, each line before the next step: so that a killed process leaves no gap. */
export class HistoryLog {
  readonly #file: number;

  constructor(file: string) {
    this.#file = openSync(file, "a");
  }

  called(id: string, workload: string, input: unknown): void {
    this.#write({ id, workload, input, at: sharedNow() });
  }

  returned(id: string, output: unknown): void {
    this.#write({ id, output, at: sharedNow() });
  }

  dropped(id: string): void {
    this.#write({ id, dropped: true });
  }

  close(): void {
    closeSync(this.#file);
  }

  #write(line: Line): void {
    writeSync(this.#file, `${JSON.stringify(line)}\n`);
  }
}

/** The calls of several logs, by workload; a call without an answer may have happened, or not. */
export function readHistories(files: readonly string[]): ReadonlyMap<string, readonly HistoryCall<unknown, unknown>[]> {
  const calls = new Map<string, { workload: string; call: HistoryCall<unknown, unknown> }>();
  for (const line of files.flatMap((file) => readFileSync(file, "utf8").split("\n"))) {
    if (!line.endsWith("}")) continue; // the last line of a killed process may be cut off: that answer never came
    const entry = JSON.parse(line) as Line;
    const known = calls.get(entry.id);
    if ("input" in entry) {
      const call = { client: entry.id.slice(0, entry.id.lastIndexOf("-")), input: entry.input, calledAt: entry.at };
      calls.set(entry.id, { workload: entry.workload, call });
    } else if ("dropped" in entry) {
      calls.delete(entry.id);
    } else if (known !== undefined) {
      calls.set(entry.id, { ...known, call: { ...known.call, output: entry.output, returnedAt: entry.at } });
    }
  }
  const byWorkload = new Map<string, HistoryCall<unknown, unknown>[]>();
  for (const { workload, call } of calls.values()) {
    const known = byWorkload.get(workload);
    if (known === undefined) byWorkload.set(workload, [call]);
    else known.push(call);
  }
  return byWorkload;
}
