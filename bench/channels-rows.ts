import { type Contender, type Row, type Work, opsPerCpuSecond } from "./harness.js";

/** Others by name, each doing the same job. */
export type Works = Readonly<Record<string, Work>>;

/** A row that says how many operations a second ours does, and, as its ratio, how many times as many as the best other. */
export function row(id: string, ours: Work, others: Works, note?: string): Row {
  const against = Object.entries(others).map(([name, work]): Contender => ({
    id: name,
    measure: opsPerCpuSecond(work),
  }));
  return { id, unit: "op/s", measure: opsPerCpuSecond(ours), against, ...(note === undefined ? {} : { note }) };
}

/** `count` loops that share `n` turns. */
export async function workers(count: number, n: number, loop: (turns: number) => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => loop(Math.ceil(n / count))));
}
