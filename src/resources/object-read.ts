import type { ClientContext } from "./client-context.js";
import { NewerVersionError, NotFoundError } from "./errors.js";
import type { Kind } from "./kind.js";
import type { ResourceKey } from "./resource.js";
import { type StoredObject, decodeObject } from "./stored-object.js";

/** How a read may be given up. */
interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Reads an object; `undefined` when there is none. */
export async function readObject(
  { store, keys }: ClientContext,
  kind: Kind,
  key: ResourceKey,
  { signal }: ReadOptions = {},
): Promise<StoredObject | undefined> {
  const { kv } = await store.get(keys.storeKey(kind, key), { signal });
  return kv === undefined ? undefined : decodeObject(kind, key, kv);
}

/**
 * Reads the object that is about to be written.
 *
 * @throws NotFoundError when there is none, or a later one of its name; NewerVersionError.
 */
export async function readForWrite(
  context: ClientContext,
  kind: Kind,
  key: ResourceKey,
  uid: string,
  options?: ReadOptions,
): Promise<StoredObject> {
  const stored = await readObject(context, kind, key, options);
  if (stored === undefined) throw new NotFoundError(kind.name, key, "does not exist");
  if (stored.resource.metadata.uid !== uid) {
    throw new NotFoundError(kind.name, key, `no longer exists: another object has its name now`);
  }
  checkWritable(kind, key, stored);
  return stored;
}

/** Refuses to write what a later version of its kind has stored: this program would drop what it does not know. */
export function checkWritable(kind: Kind, key: ResourceKey, { version }: StoredObject): void {
  if (version <= kind.version) return;
  throw new NewerVersionError(
    kind.name,
    key,
    `is read-only here: version ${version} of its kind stored it, this is ${kind.version}`,
  );
}
