/**
 * What a bench suite is made of. A suite is `bench/<suite>.bench.ts` and exports `rows`; `npm run bench -- <suite>`
 * measures each row and what it is held against in turn, round by round, so that both see the same machine.
 *
 * @module
 */

/** Produces the figure of one round, in the row's unit. */
export type Measure = () => number | Promise<number>;

/** Somebody who does a row's job: a peer, or the floor, the least code that does it without us. */
export interface Contender {
  readonly id: string;
  readonly measure: Measure;
}

/** One line of a suite's table. */
export interface Row extends Contender {
  /** What the figure counts: `ns/op`, `op/s`, `bytes`, … */
  readonly unit: string;
  /** Whom it is held against; of several, against whoever had the highest figure of the round, so they must be rates. */
  readonly against?: Contender | readonly Contender[];
  /** What else the reader should know, such as which peers lack the workload. */
  readonly note?: string;
}

/** What a row came to. */
export interface Result {
  readonly id: string;
  readonly unit: string;
  /** Median of the rounds. */
  readonly value: number;
  /** Half the distance between the quartiles, as a share of the median. */
  readonly spread: number;
  /** Median of the rounds' ratios, ours to the best other's; absent without one. */
  readonly ratio?: number;
  /** Who that was; by their medians, where the rounds differ. */
  readonly against?: string;
  /** The median of each, where there are several. */
  readonly peers?: Readonly<Record<string, number>>;
  readonly note?: string;
}

/** Does `n` operations. */
export type Work = (n: number) => unknown;

/** Milliseconds so far, of whatever clock. */
export type Clock = () => number;

const wall: Clock = () => performance.now();

/** The time the processors spent on us: what work that never waits for anything costs, however busy the machine is. */
export const cpu: Clock = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** Nanoseconds of one operation, over as many as fill `ms` milliseconds. */
export function nsPerOp(work: Work, ms = 50, clock: Clock = wall): Measure {
  let calibrated: Promise<number> | undefined;
  return async () => {
    const n = await (calibrated ??= calibrate(work, ms, clock));
    return ((await elapsed(work, n, clock)) * 1e6) / n;
  };
}

/** Operations a second, over as many as fill `ms` milliseconds. */
export function opsPerSecond(work: Work, ms = 50): Measure {
  return rate(nsPerOp(work, ms));
}

/** Operations a second of processor time, over as many as fill `ms` milliseconds of it. */
export function opsPerCpuSecond(work: Work, ms = 50): Measure {
  return rate(nsPerOp(work, ms, cpu));
}

function rate(measure: Measure): Measure {
  return async () => 1e9 / (await measure());
}

async function elapsed(work: Work, n: number, clock: Clock): Promise<number> {
  const start = clock();
  await work(n);
  return clock() - start;
}

/** What fills a round, found by growing the count to four of them: by then what is hot is compiled. */
async function calibrate(work: Work, ms: number, clock: Clock): Promise<number> {
  let n = 1;
  let took = await elapsed(work, n, clock);
  for (; took < 4 * ms; took = await elapsed(work, n, clock)) {
    n = Math.ceil(n * Math.min(10, Math.max(1.2, (4.4 * ms) / Math.max(took, 0.01))));
  }
  return Math.ceil((n * ms) / took);
}

/** Measures a row: one unrecorded round, then `rounds` of ours and theirs in alternating order. */
export async function measureRow({ against = [], note, ...ours }: Row, rounds: number): Promise<Result> {
  const others = [against].flat();
  const contenders = [ours, ...others];
  const figures = new Map<Contender, number[]>(contenders.map((contender) => [contender, []]));
  for (let round = -1; round < rounds; round += 1) {
    for (const contender of round % 2 === 1 ? contenders.toReversed() : contenders) {
      const figure = await contender.measure();
      if (round >= 0) figures.get(contender)?.push(figure);
    }
  }
  const median = (contender: Contender): number => quantile(figures.get(contender) ?? [], 0.5);
  const our = figures.get(ours) ?? [];
  const value = median(ours);
  const spread = (quantile(our, 0.75) - quantile(our, 0.25)) / 2 / (value === 0 ? 1 : value);
  const result = { id: ours.id, unit: ours.unit, value, spread, ...(note === undefined ? {} : { note }) };
  const [best] = others.toSorted((a, b) => median(b) - median(a));
  if (best === undefined) return result;
  const bests = our.map((_, round) => Math.max(...others.map((other) => figures.get(other)?.[round] ?? NaN)));
  const ratio = quantile(
    our.map((figure, round) => figure / (bests[round] ?? NaN)),
    0.5,
  );
  const peers = Object.fromEntries(others.map((other) => [other.id, median(other)]));
  return { ...result, ratio, against: best.id, ...(others.length === 1 ? {} : { peers }) };
}

/** Linear between the two nearest ranks. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = (sorted.length - 1) * q;
  const low = sorted[Math.floor(rank)] ?? NaN;
  const high = sorted[Math.ceil(rank)] ?? NaN;
  return low + (high - low) * (rank - Math.floor(rank));
}

/** Run in a process for one row: tells its parent the rows there are, or what the named one came to, and ends. */
export async function answer(rows: readonly Row[]): Promise<void> {
  const [id, rounds] = process.argv.slice(2);
  const row = rows.find((candidate) => candidate.id === id);
  const message = row === undefined ? rows.map((candidate) => candidate.id) : await measureRow(row, Number(rounds));
  process.send?.(message, undefined, undefined, () => process.exit());
}
