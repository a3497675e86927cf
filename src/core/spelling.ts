/**
 * The candidate that a misspelt word was most likely meant to be, if one is near enough.
 *
 * @internal
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  // Two slips in a short word make another word.
  let [best, fewest] = [undefined as string | undefined, Math.min(3, Math.ceil(word.length / 3) + 1)];
  for (const candidate of candidates) {
    const slips = distance(word.toLowerCase(), candidate.toLowerCase());
    if (slips < fewest) [best, fewest] = [candidate, slips];
  }
  return best;
}

/**
 * Edits (insert, delete, replace, swap neighbours) from one word to another: optimal string alignment.
 *
 * @internal
 */
export function distance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current[column] = Math.min(
        (above[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (above[column - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (before[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    [before, above] = [above, current];
  }
  return above[b.length] ?? 0;
}
