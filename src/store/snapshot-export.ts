import { toBase64 } from "./base64.js";
import { CompactedError } from "./errors.js";
import { keyAfter, keyBounds } from "./key-bounds.js";
import { checkRange } from "./key-check.js";
import type { KeyRange } from "./key-range.js";
import type { KeyValue, Revision } from "./key-value.js";
import type { RangeResult, StateStore } from "./state-store.js";

/** Keys read at once. */
const pageSize = 500;

/**
 * The keys and values of a range at one revision, as lines of JSON.
 *
 * @remarks
 * The first line names the format and the revision, the last one counts the keys, so that {@link importSnapshot} notices
 * what was cut off; each in between holds one key and its value in base64. Leases, versions and revisions of keys are
 * not kept. A line ends with a line feed. It reads page by page: it needs the revision's history until it is through.
 * @throws CompactedError when the revision was compacted on the way.
 *
 * @example
 * ```ts
 * import { exportSnapshot, put } from "keelson/store";
 * import { memoryStore } from "keelson/store/memory";
 *
 * const store = memoryStore();
 * await put(store, "/plan", "v1");
 * const lines: string[] = [];
 * for await (const line of exportSnapshot(store, { prefix: "/" })) lines.push(line);
 * lines[1] // => '{"key":"/plan","value":"djE="}\n'
 * ```
 */
export async function* exportSnapshot(
  store: StateStore,
  range: KeyRange,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): AsyncGenerator<string, void> {
  checkRange(range);
  const { start, end } = keyBounds(range);
  const between = (from: string): KeyRange => (end === undefined ? { start: from } : { start: from, end });
  const page = async (from: string, revision?: Revision): Promise<RangeResult> =>
    store.range(between(from), { limit: pageSize, signal, ...(revision === undefined ? {} : { revision }) });

  let current = await page(start);
  let following = await next(current, page).catch((error: unknown) => {
    if (error instanceof CompactedError) return undefined;
    throw error;
  });
  if (current.more && following === undefined) {
    // Nothing was written since the present revision was compacted: it can be read, though not named. All at once, then.
    current = await store.range(range, { signal });
  }
  const { revision } = current;
  yield line({ keelson: "snapshot", format: 1, revision });
  let keys = 0;
  for (;;) {
    for (const { key, value } of current.kvs) yield line({ key, value: toBase64(value) });
    keys += current.kvs.length;
    if (following === undefined) break;
    current = following;
    following = await next(following, page, revision);
  }
  yield line({ end: true, keys });
}

async function next(
  { more, kvs, revision }: RangeResult,
  page: (from: string, revision: Revision) => Promise<RangeResult>,
  at: Revision = revision,
): Promise<RangeResult | undefined> {
  const last: KeyValue | undefined = kvs.at(-1);
  return more && last !== undefined ? page(keyAfter(last.key), at) : undefined;
}

function line(record: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify(record)}\n`;
}
