import { checkInteger, shown } from "../core/check.js";
import type { KeyValue } from "../store/index.js";
import type { ClientContext } from "./client-context.js";
import type { Kind } from "./kind.js";
import { rangeAfter } from "./object-key.js";
import type { InvalidObject, ListOptions, ResourceList } from "./resource-client.js";
import type { Resource } from "./resource.js";
import { type Selection, selectionOf } from "./selection.js";
import { decodeObject } from "./stored-object.js";

/** Keys read at once unless fewer will do: an answer of the store stays within a few megabytes. */
const pageSize = 1_000;

/** A stored key as an object, or why it is none. */
export type Read = { readonly ok: true; readonly resource: Resource } | ({ readonly ok: false } & InvalidObject);

/** Reads a stored key and asks whether it is meant; `undefined` when it is not. */
export function readSelected(
  { keys }: ClientContext,
  kind: Kind,
  selection: Selection,
  kv: KeyValue,
): Read | undefined {
  const key = keys.objectKey(kind, kv.key);
  try {
    const { resource } = decodeObject(kind, key, kv);
    return selection.matches(resource) ? { ok: true, resource } : undefined;
  } catch (error) {
    return { ok: false, key, error };
  }
}

/** Where a list goes on. */
interface Cursor {
  /** The revision that is read; the present one when left out. */
  readonly revision?: number | undefined;
  /** The last key that was read. */
  readonly after?: string | undefined;
  /** Keys read at once. */
  readonly size?: number;
}

/** Reads a range of keys at one revision, page by page. */
export async function* pagesOf(
  { store }: ClientContext,
  { start, end }: Selection,
  { revision, after, size = pageSize }: Cursor,
  signal: AbortSignal | undefined,
): AsyncGenerator<{ readonly revision: number; readonly kvs: readonly KeyValue[]; readonly more: boolean }> {
  let range = after === undefined ? { start, end } : rangeAfter(after, end);
  let at = revision;
  for (;;) {
    const page = await store.range(range, { limit: size, signal, ...(at === undefined ? {} : { revision: at }) });
    at ??= page.revision;
    const last = page.kvs.at(-1);
    const more = page.more && last !== undefined;
    yield { revision: at, kvs: page.kvs, more };
    if (!more) return;
    range = rangeAfter(last.key, end);
  }
}

/** Reads objects, page by page at one revision. */
export async function listObjects(
  context: ClientContext,
  kind: Kind,
  options: ListOptions = {},
): Promise<ResourceList<unknown, unknown>> {
  const { limit, signal } = options;
  if (limit !== undefined) checkInteger("limit", limit, 1);
  const selection = selectionOf(context.keys, kind, options);
  const begin = options.continue === undefined ? {} : decodeCursor(options.continue, selection);
  const takesAll = options.labels === undefined && options.fields === undefined;
  const cursor = { ...begin, size: takesAll ? Math.min(limit ?? pageSize, pageSize) : pageSize };
  const items: Resource[] = [];
  const invalid: InvalidObject[] = [];
  let at = 0;
  for await (const { revision, kvs, more } of pagesOf(context, selection, cursor, signal)) {
    at = revision;
    for (const [index, kv] of kvs.entries()) {
      const read = readSelected(context, kind, selection, kv);
      if (read?.ok === true) items.push(read.resource);
      else if (read !== undefined) invalid.push({ key: read.key, error: read.error });
      const isLast = !more && index === kvs.length - 1;
      if (items.length === limit && !isLast) {
        return { items, invalid, resourceVersion: String(at), continue: `${at}:${kv.key}` };
      }
    }
  }
  return { items, invalid, resourceVersion: String(at) };
}

function decodeCursor(text: string, { start, end }: Selection): Cursor {
  const { revision, after } = /^(?<revision>\d+):(?<after>.+)$/.exec(text)?.groups ?? {};
  if (revision === undefined || after === undefined || after < start || after >= end) {
    throw new TypeError(`Expected \`continue\` to be that of a list with the same options, got ${shown(text)}`);
  }
  return { revision: Number(revision), after };
}
