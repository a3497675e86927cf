/**
 * Does something for each item in batches of 1, 2, 4, 8 …; the first batch with a failure is the last: what cannot work
 * is not tried five hundred times over.
 *
 * @throws the first failure.
 * @internal
 */
export async function slowStart<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  let size = 1;
  for (let from = 0; from < items.length; from += size / 2) {
    const outcomes = await Promise.allSettled(items.slice(from, from + size).map(act));
    size *= 2;
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }
}
