/**
 * What a bench suite is made of. A suite is `bench/<suite>.bench.ts` and exports `rows`; `npm run bench -- <suite>`
 * measures each row and what it is held against in turn, round by round, so that both see the same machine.
 *
 * @module
 */

/** Produces the figure of one round, in the row's unit. */
export type Measure = () => number | Promise<number>;

/** One line of a suite's table. */
export interface Row {
  readonly id: string;
  /** What the figure counts: `ns/op`, `op/s`, `bytes`, … */
  readonly unit: string;
  readonly measure: Measure;
  /** A peer, or the floor: the least code that does the same job without us. */
  readonly against?: { readonly id: string; readonly measure: Measure };
}

/** What a row came to. */
export interface Result {
  readonly id: string;
  readonly unit: string;
  /** Median of the rounds. */
  readonly value: number;
  /** Half the distance between the quartiles, as a share of the median. */
  readonly spread: number;
  /** Median of the rounds' ratios, ours to the other's; absent without a peer. */
  readonly ratio?: number;
  readonly against?: string;
}

/** Does `n` operations. */
export type Work = (n: number) => unknown;

/** Nanoseconds of one operation, over as many as fill `ms` milliseconds. */
export function nsPerOp(work: Work, ms = 50): Measure {
  let calibrated: Promise<number> | undefined;
  return async () => {
    const n = await (calibrated ??= calibrate(work, ms));
    return ((await elapsed(work, n)) * 1e6) / n;
  };
}

/** Operations a second, over as many as fill `ms` milliseconds. */
export function opsPerSecond(work: Work, ms = 50): Measure {
  const measure = nsPerOp(work, ms);
  return async () => 1e9 / (await measure());
}

async function elapsed(work: Work, n: number): Promise<number> {
  const start = performance.now();
  await work(n);
  return performance.now() - start;
}

/** Grows the count until it takes long enough; the runs before that serve as the warm-up. */
async function calibrate(work: Work, ms: number): Promise<number> {
  let n = 1;
  for (let took = await elapsed(work, n); took < ms; took = await elapsed(work, n)) {
    n = Math.ceil(n * Math.min(10, Math.max(1.2, (1.1 * ms) / Math.max(took, 0.01))));
  }
  return n;
}

/** Measures a row: one unrecorded round, then `rounds` of ours and theirs in alternating order. */
export async function measureRow(row: Row, rounds: number): Promise<Result> {
  const { id, unit, measure, against } = row;
  const ours: number[] = [];
  const ratios: number[] = [];
  await measure();
  await against?.measure();
  for (let round = 0; round < rounds; round++) {
    const theirsFirst = round % 2 === 1 ? await against?.measure() : undefined;
    const our = await measure();
    const their = theirsFirst ?? (await against?.measure());
    ours.push(our);
    if (their !== undefined) ratios.push(our / their);
  }
  const value = quantile(ours, 0.5);
  const spread = (quantile(ours, 0.75) - quantile(ours, 0.25)) / 2 / value;
  return {
    id,
    unit,
    value,
    spread,
    ...(against === undefined ? {} : { ratio: quantile(ratios, 0.5), against: against.id }),
  };
}

/** Linear between the two nearest ranks. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = (sorted.length - 1) * q;
  const low = sorted[Math.floor(rank)] ?? NaN;
  const high = sorted[Math.ceil(rank)] ?? NaN;
  return low + (high - low) * (rank - Math.floor(rank));
}
