import { stdout } from "node:process";
import { type Resource, findCondition } from "keelson/resources";
import type { Instance } from "keelson/reconcilers";

const columns = ["INSTANCE", "NODE", "PHASE", "READY", "RESTARTS", "PID", "PORT", "VERSION"] as const;

/** Shows the instances: redrawn in place on a terminal, line by line when piped. */
export class Table {
  #drawn = 0;
  readonly #seen = new Map<string, string>();
  #shown = false;

  /** Whether a first table stood. */
  get hasShown(): boolean {
    return this.#shown;
  }

  show(instances: readonly Instance[]): void {
    const rows = [...instances].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1)).map(row);
    if (rows.length > 0) this.#shown = true;
    if (stdout.isTTY) this.#redraw(rows);
    else this.#append(rows);
  }

  /** Prints a line above the table. */
  say(line: string): void {
    if (stdout.isTTY) this.#erase();
    console.log(line);
  }

  #redraw(rows: readonly (readonly string[])[]): void {
    const lines = layOut([columns, ...rows]);
    this.#erase();
    stdout.write(`${lines.join("\n")}\n`);
    this.#drawn = lines.length;
  }

  #erase(): void {
    if (this.#drawn > 0) stdout.write(`\u001b[${String(this.#drawn)}A\u001b[0J`);
    this.#drawn = 0;
  }

  #append(rows: readonly (readonly string[])[]): void {
    const names = new Set(rows.map(([name = ""]) => name));
    for (const name of this.#seen.keys()) {
      if (names.has(name)) continue;
      this.#seen.delete(name);
      console.log(`  ${name} gone`);
    }
    for (const cells of rows) {
      const [name = ""] = cells;
      const line = cells
        .map((cell, index) => (index === 0 ? cell : `${(columns[index] ?? "").toLowerCase()}=${cell}`))
        .join(" ");
      if (this.#seen.get(name) !== line) console.log(`  ${line}`);
      this.#seen.set(name, line);
    }
  }
}

function row({ metadata, spec, status }: Instance): readonly string[] {
  const leaving = metadata.deletionTimestamp !== undefined;
  return [
    metadata.name,
    spec.nodeName ?? "-",
    leaving ? "Terminating" : (status?.phase ?? "Pending"),
    readiness({ metadata, spec, status } as Instance),
    String(status?.restarts ?? 0),
    String(status?.pid ?? "-"),
    String(status?.port ?? "-"),
    spec.env?.["VERSION"] ?? "-",
  ];
}

function readiness(instance: Resource<unknown, Instance["status"]>): string {
  const ready = findCondition(instance.status?.conditions, "Ready");
  if (ready === undefined) return "-";
  return ready.status === "True" ? "yes" : ready.reason;
}

function layOut(rows: readonly (readonly string[])[]): string[] {
  const widths = columns.map((_, index) => Math.max(...rows.map((cells) => (cells[index] ?? "").length)));
  return rows.map((cells) =>
    cells
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
