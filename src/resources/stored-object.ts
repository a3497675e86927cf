import { shown } from "../core/check.js";
import type { KeyValue } from "../store/index.js";
import { UnreadableResourceError } from "./errors.js";
import { deepFreeze } from "./freeze.js";
import { isObject, jsonCopy } from "./json.js";
import type { Kind, StoredParts } from "./kind.js";
import { objectMeta } from "./object-meta.js";
import type { ObjectMeta, Resource, ResourceKey } from "./resource.js";

/** An object as it was read, and what the next write must know of how it was stored. */
export interface StoredObject {
  /** The object, of today's version of its kind, deep-frozen. */
  readonly resource: Resource;
  /** The store's revision of it. */
  readonly revision: number;
  /** The version of its kind that stored it. */
  readonly version: number;
}

type Fields = Readonly<Record<string, unknown>>;

const encoder = /* @__PURE__ */ new TextEncoder();
const decoder = /* @__PURE__ */ new TextDecoder("utf-8", { fatal: true });

/** An object as a value of the store: JSON with the version of its kind, and without its resourceVersion. */
export function encodeObject(kind: Kind, resource: Resource): Uint8Array {
  const metadata = { ...resource.metadata, resourceVersion: undefined };
  const { spec, status } = resource;
  return encoder.encode(JSON.stringify({ kind: kind.name, version: kind.version, metadata, spec, status }));
}

/**
 * Reads a value of the store.
 *
 * @throws UnreadableResourceError.
 */
export function decodeObject(kind: Kind, key: ResourceKey, kv: KeyValue): StoredObject {
  const unreadable = (why: string, options?: ErrorOptions): UnreadableResourceError =>
    new UnreadableResourceError(kind.name, key, `cannot be read: ${why}`, options);
  const stored = parse(kv.value, unreadable);
  const { version } = stored;
  if (stored["kind"] !== kind.name) throw unreadable(`its kind is ${shown(stored["kind"])}`);
  if (typeof version !== "number") throw unreadable(`expected its version to be a number, got ${shown(version)}`);
  const metadata = storedMetadata(stored["metadata"], key, kv.modRevision);
  if (typeof metadata === "string") throw unreadable(metadata);
  const parts = version < kind.version ? upgraded(kind, stored, version, unreadable) : stored;
  const { name } = kind;
  const { spec, status } = parts;
  const resource = deepFreeze(
    status === undefined ? { kind: name, metadata, spec } : { kind: name, metadata, spec, status },
  );
  return { resource, revision: kv.modRevision, version };
}

type Unreadable = (why: string, options?: ErrorOptions) => UnreadableResourceError;

function parse(value: Uint8Array, unreadable: Unreadable): Fields {
  let stored: unknown;
  try {
    stored = JSON.parse(decoder.decode(value));
  } catch (cause) {
    throw unreadable("it is not JSON", { cause });
  }
  if (!isObject(stored)) throw unreadable(`expected an object, got ${shown(stored)}`);
  if (stored["spec"] === undefined) throw unreadable("it has no spec");
  return stored;
}

function partsOf({ spec, status }: Fields): { readonly spec: unknown; readonly status?: unknown } {
  return status === undefined ? { spec } : { spec, status };
}

function upgraded(
  kind: Kind,
  stored: Fields,
  version: number,
  unreadable: Unreadable,
): StoredParts & { spec: unknown } {
  const which = `version ${version} of its kind stored it, this is ${kind.version}`;
  if (kind.options.upgrade === undefined) throw unreadable(`${which}, and there is no \`upgrade\``);
  try {
    const { spec, status } = kind.options.upgrade(partsOf(stored), version);
    return partsOf({ spec: jsonCopy(spec), status: jsonCopy(status) });
  } catch (cause) {
    throw unreadable(`${which}, and \`upgrade\` failed`, { cause });
  }
}

/** The metadata with its fields in a fixed order, or what is wrong with it. */
function storedMetadata(stored: unknown, key: ResourceKey, revision: number): ObjectMeta | string {
  if (!isObject(stored)) return "it has no metadata";
  const { name, namespace, uid, generation, creationTimestamp } = stored;
  if (name !== key.name || namespace !== key.namespace) return `it says that it is ${shown(namespace)}/${shown(name)}`;
  if (typeof uid !== "string" || typeof generation !== "number" || typeof creationTimestamp !== "string") {
    return "its metadata lacks uid, generation or creationTimestamp";
  }
  const { labels = {}, annotations = {}, ownerReferences = [], finalizers = [] } = stored;
  if (!isObject(labels) || !isObject(annotations)) return "its labels or annotations are not an object";
  if (!Array.isArray(ownerReferences) || !Array.isArray(finalizers)) return "its owners or finalizers are not a list";
  const { deletionTimestamp, deletionGracePeriodSeconds } = stored;
  const metadata = objectMeta(key, {
    uid,
    generation,
    resourceVersion: String(revision),
    creationTimestamp,
    // What is inside was checked when it was written; a writer that is not ours is taken at its word.
    labels: labels as ObjectMeta["labels"],
    annotations: annotations as ObjectMeta["annotations"],
    ownerReferences: ownerReferences as ObjectMeta["ownerReferences"],
    finalizers: finalizers as ObjectMeta["finalizers"],
  });
  if (typeof deletionTimestamp === "string") metadata.deletionTimestamp = deletionTimestamp;
  if (typeof deletionGracePeriodSeconds === "number") metadata.deletionGracePeriodSeconds = deletionGracePeriodSeconds;
  return metadata;
}

/** The object with another resourceVersion, as the write that stored it made it. */
export function withRevision(resource: Resource, revision: number): Resource {
  return deepFreeze({ ...resource, metadata: { ...resource.metadata, resourceVersion: String(revision) } });
}
