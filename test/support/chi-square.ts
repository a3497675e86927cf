/**
 * Pearson's statistic of `draws` in [low, high) against the uniform distribution over `cells` equal cells.
 *
 * @remarks Compare with a critical value for `cells - 1` degrees of freedom: 43.82 for 19 at p = 0.001.
 */
export function chiSquareUniform(draws: readonly number[], low: number, high: number, cells: number): number {
  const counts = new Array<number>(cells).fill(0);
  for (const draw of draws) {
    const cell = Math.floor(((draw - low) / (high - low)) * cells);
    const count = counts[cell];
    if (count === undefined) return Number.POSITIVE_INFINITY;
    counts[cell] = count + 1;
  }
  const expected = draws.length / cells;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}
