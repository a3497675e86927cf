import type { KeyValue, RangeResult, WatchBatch } from "keelson/store";

const decoder = new TextDecoder();

/** A value as text. */
export function text(kv: KeyValue | undefined): string | undefined {
  return kv === undefined ? undefined : decoder.decode(kv.value);
}

/** The values of a range as text, by key. */
export function textsOf({ kvs }: RangeResult): Record<string, string | undefined> {
  return Object.fromEntries(kvs.map((kv) => [kv.key, text(kv)]));
}

/** Takes batches of a watch until one satisfies `enough`; answers them all. */
export async function batchesUntil(
  watch: AsyncIterable<WatchBatch>,
  enough: (batch: WatchBatch) => boolean,
): Promise<readonly WatchBatch[]> {
  const batches: WatchBatch[] = [];
  for await (const batch of watch) {
    batches.push(batch);
    if (enough(batch)) break;
  }
  return batches;
}
