import { checkArray, checkFunction, checkMethod, shown } from "../core/check.js";
import { type Runtime, currentRuntime } from "../core/index.js";
import type { StateStore } from "../store/index.js";
import { Admission } from "./admission.js";
import { applyObject } from "./apply.js";
import { type ClientContext, KnownKinds } from "./client-context.js";
import { closable } from "./closable.js";
import { createObject } from "./creation.js";
import { deleteObject } from "./deletion.js";
import type { Kind } from "./kind.js";
import { listObjects } from "./listing.js";
import { keyspace, resolveKey } from "./object-key.js";
import { readObject } from "./object-read.js";
import { ObjectWatch } from "./object-watch.js";
import type { ResourceClient, WriteBehaviour } from "./resource-client.js";
import { selectionOf } from "./selection.js";
import { patchObjectStatus } from "./status-patch.js";
import { replaceObject, updateObject } from "./update.js";

/** How {@link createResourceClient} makes a client. */
export interface ResourceClientOptions extends WriteBehaviour {
  /** Where in the store: objects are at `/<prefix>/<kind>/<namespace>/<name>`. @defaultValue `"resources"` */
  readonly prefix?: string;
  /** Kinds whose objects may be handed in before the client has seen the kind elsewhere. @defaultValue none */
  readonly kinds?: readonly Kind[];
  /** Clock, ids and waits. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/**
 * Makes a client for objects on a store.
 *
 * @remarks It holds no connection and needs no closing; clients of one store and prefix see the same objects.
 * @throws TypeError for a prefix that is not made of letters, digits, `-`, `_`, `.` and `/` between them.
 *
 * @example
 * ```ts
 * import { createResourceClient, defineKind } from "keelson/resources";
 * import { memoryStore } from "keelson/store/memory";
 *
 * const Workload = defineKind<{ replicas: number }, { ready: number }>()("Workload");
 * const client = createResourceClient(memoryStore());
 * const web = await client.create(Workload, { metadata: { name: "web" }, spec: { replicas: 3 } });
 * const scaled = await client.update(web, (draft) => { draft.spec.replicas = 5; });
 * [scaled.spec.replicas, scaled.metadata.generation] // => [5, 2]
 * ```
 */
export function createResourceClient(store: StateStore, options: ResourceClientOptions = {}): ResourceClient {
  checkMethod("store", store, "txn");
  const { prefix = "resources", kinds = [], runtime = currentRuntime() } = options;
  if (!/^[\w.-]+(?:\/[\w.-]+)*$/.test(prefix)) {
    throw new TypeError(`Expected \`prefix\` to be words with "/" between them, got ${shown(prefix)}`);
  }
  const admission = new Admission();
  const keys = keyspace(prefix);
  const context = behaving({ store, runtime, keys, admission, ...unfenced }, options);
  const known = new KnownKinds();
  checkArray("kinds", kinds);
  for (const kind of kinds) known.add(kind);
  return clientOn(context, known);
}

/** Writes without conditions, listeners and leases. */
const unfenced = { fence: () => [], onWrite: () => undefined, lease: () => undefined };

/** A context whose writes behave as told. */
function behaving(context: ClientContext, { fence, onWrite, lease }: WriteBehaviour): ClientContext {
  if (fence !== undefined) checkFunction("fence", fence);
  if (onWrite !== undefined) checkFunction("onWrite", onWrite);
  if (lease !== undefined) checkFunction("lease", lease);
  return {
    ...context,
    fence: fence ?? context.fence,
    onWrite: onWrite ?? context.onWrite,
    lease: lease ?? context.lease,
  };
}

/** A client without the types that a kind brings along. */
type UntypedClient = {
  readonly [M in keyof ResourceClient]: (...args: Parameters<ResourceClient[M]>) => ReturnType<ResourceClient[M]>;
};

/** The client's methods. Within, objects are of unknown types: what a kind's schema lets through has the kind's. */
function clientOn(context: ClientContext, known: KnownKinds): ResourceClient {
  const client: UntypedClient = {
    async create(kind, draft, options) {
      known.add(kind);
      return createObject(context, kind, draft, options);
    },
    async get(kind, key, options) {
      known.add(kind);
      return (await readObject(context, kind, resolveKey(kind, key), options))?.resource;
    },
    async list(kind, options) {
      known.add(kind);
      return listObjects(context, kind, options);
    },
    async update(resource, change, options) {
      checkFunction("change", change);
      return updateObject(context, known.of(resource), resource, change, options);
    },
    async replace(resource, options) {
      return replaceObject(context, known.of(resource), resource, options);
    },
    async patchStatus(resource, patch, options) {
      return patchObjectStatus(context, known.of(resource), resource, patch, options);
    },
    async apply(kind, desired, options) {
      known.add(kind);
      return applyObject(context, kind, desired, options);
    },
    async delete(resource, options) {
      await deleteObject(context, known.of(resource), resource, options);
    },
    watch(kind, options = {}) {
      known.add(kind);
      const { resourceVersion, transform, signal } = options;
      const after = resourceVersion === undefined ? undefined : revisionOf(resourceVersion);
      const watch = new ObjectWatch(context, kind, selectionOf(context.keys, kind, options), transform);
      return closable(signal, (ends) => watch.events(after, ends));
    },
    with: (options) => clientOn(behaving(context, options), known),
    admit(kind, hook) {
      known.add(kind);
      checkFunction("hook", hook);
      return context.admission.add(kind, hook);
    },
  };
  return client as ResourceClient;
}

function revisionOf(resourceVersion: string): number {
  if (/^\d{1,15}$/.test(resourceVersion)) return Number(resourceVersion);
  throw new TypeError(`Expected \`resourceVersion\` to be that of an object or list, got ${shown(resourceVersion)}`);
}
