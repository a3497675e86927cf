import { type Compare, type Op, op, when } from "../store/index.js";
import type { ClientContext } from "./client-context.js";
import { holds } from "./compare-holds.js";
import { ConflictError, FencedError, type ResourceError } from "./errors.js";
import type { Kind } from "./kind.js";
import type { Resource, ResourceKey } from "./resource.js";
import { encodeObject, withRevision } from "./stored-object.js";

/** Options of what goes to the store. */
interface SendOptions {
  readonly signal?: AbortSignal | undefined;
  readonly unchanged?: readonly Resource[] | undefined;
  readonly owner?: Resource | undefined;
}

/** A condition of a write beside its own, and what is thrown when it is that which does not hold. */
interface Proviso {
  readonly compare: Compare;
  readonly refusal: () => ResourceError;
}

/** How the object must be found for a write to take place. */
export type Expected = { readonly absent: true } | { readonly absent?: false; readonly revision: number };

/** The object as stored, or why not: something else was found in its place. */
export type Outcome = { readonly ok: true; readonly resource: Resource } | { readonly ok: false };

/** Stores an object in place of what is expected there. */
export async function putObject(
  context: ClientContext,
  kind: Kind,
  key: ResourceKey,
  expected: Expected,
  resource: Resource,
  options: SendOptions,
): Promise<Outcome> {
  const storeKey = context.keys.storeKey(kind, key);
  const lease = context.lease();
  const put = op.put(storeKey, encodeObject(kind, resource), lease === undefined ? {} : { lease });
  return send(context, kind, key, expected, put, resource, options);
}

/** Removes an object for good. */
export async function removeObject(
  context: ClientContext,
  kind: Kind,
  key: ResourceKey,
  expected: Expected,
  resource: Resource,
  options: SendOptions,
): Promise<Outcome> {
  return send(context, kind, key, expected, op.delete(context.keys.storeKey(kind, key)), resource, options);
}

async function send(
  context: ClientContext,
  kind: Kind,
  key: ResourceKey,
  expected: Expected,
  operation: Op,
  resource: Resource,
  { signal, unchanged = [], owner }: SendOptions,
): Promise<Outcome> {
  const { store, keys, fence, onWrite } = context;
  const found = when(keys.storeKey(kind, key));
  const own = expected.absent === true ? found.version("=", 0) : found.modRevision("=", expected.revision);
  const provisos: readonly Proviso[] = [
    ...fence().map((compare) => ({
      compare,
      refusal: () => new FencedError(kind.name, key, "was not written: the fence of this client no longer holds"),
    })),
    ...unchanged.map(({ kind: name, metadata }) => ({
      compare: when(keys.storeKey({ name }, metadata)).modRevision("=", Number(metadata.resourceVersion)),
      refusal: () =>
        new ConflictError(kind.name, key, `was not written: ${name} "${metadata.name}" has changed meanwhile`),
    })),
    ...(owner === undefined ? [] : stillThere(context, kind, key, owner)),
  ];
  const { succeeded, revision, results } = await store.txn(
    {
      if: [own, ...provisos.map(({ compare }) => compare)],
      then: [operation],
      else: provisos.map(({ compare }) => op.range({ key: compare.key })),
    },
    { signal },
  );
  if (!succeeded) {
    const kvs = results.map((result) => (result.type === "range" ? result.kvs[0] : undefined));
    const broken = provisos.find(({ compare }, index) => !holds(compare, kvs[index]));
    if (broken !== undefined) throw broken.refusal();
    return { ok: false };
  }
  const stored = withRevision(resource, revision);
  onWrite(kind.name, key, stored.metadata.resourceVersion);
  return { ok: true, resource: stored };
}

/**
 * That an owner is there, and is the one that was read: whoever reads a cache that is behind would go on making objects
 * for one that is gone, as fast as the garbage collector deletes them.
 */
function stillThere(
  { keys }: ClientContext,
  kind: Kind,
  key: ResourceKey,
  { kind: name, metadata }: Resource,
): readonly Proviso[] {
  const found = when(keys.storeKey({ name }, metadata));
  const refusal = (): ConflictError =>
    new ConflictError(kind.name, key, `was not written: its owner, ${name} "${metadata.name}", is gone or another one`);
  // A later object of the same name was created after this one was read.
  const compares = [found.version(">", 0), found.createRevision("<", Number(metadata.resourceVersion) + 1)];
  return compares.map((compare) => ({ compare, refusal }));
}
