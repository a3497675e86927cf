import { checkFunction, checkObject } from "../core/check.js";
import { type Duration, type Runtime, TimeoutError, type WaitOptions, currentRuntime, toMs } from "../core/index.js";
import { timeout } from "../time/index.js";
import type { Kind } from "./kind.js";
import { LastSight } from "./last-sight.js";
import { keyOf, resolveKey } from "./object-key.js";
import type { ResourceClient } from "./resource-client.js";
import type { Resource, ResourceKey } from "./resource.js";

/** How {@link waitFor} and {@link waitForDeletion} wait. */
export interface ResourceWaitOptions extends WaitOptions {
  /** Clock and timers. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/**
 * Waits until an object exists and is as wanted; resolves with it as it was then.
 *
 * @remarks
 * It watches, so a state that lasts only for one write is seen, too; `timeout: 0` reads once.
 * **Cancel safety.** Gives up at once and leaves no watch behind.
 * @throws TimeoutError, whose cause says how the object was last seen; the signal's reason, unchanged; what `predicate`
 * throws; UnreadableResourceError; what a watch throws.
 *
 * @example
 * ```ts
 * import { createResourceClient, defineKind, waitFor } from "keelson/resources";
 * import { memoryStore } from "keelson/store/memory";
 *
 * const App = defineKind<{ image: string }, { ready: number }>()("App");
 * const client = createResourceClient(memoryStore());
 * const app = await client.create(App, { metadata: { name: "web" }, spec: { image: "a" } });
 * const waiting = waitFor(client, App, "web", ({ status }) => status?.ready === 1, { timeout: "10s" });
 * await client.patchStatus(app, { ready: 1 });
 * (await waiting).status // => { ready: 1 }
 * ```
 */
export async function waitFor<Spec, Status, Input>(
  client: ResourceClient,
  kind: Kind<Spec, Status, Input>,
  key: ResourceKey | string,
  predicate: (resource: Resource<Spec, Status>) => boolean,
  options: ResourceWaitOptions = {},
): Promise<Resource<Spec, Status>> {
  checkFunction("predicate", predicate);
  const sight = new LastSight(kind, resolveKey(kind, key));
  return within(options, sight, async (signal, once) => {
    if (once) {
      const present = await client.get(kind, sight.key, { signal });
      if (present !== undefined && predicate(present)) return present;
      sight.see(present === undefined ? { type: "synced" } : { type: "added", resource: present });
      throw sight.timedOut(0);
    }
    for await (const event of client.watch(kind, { ...sight.key, signal })) {
      if (event.type === "invalid") throw event.error;
      sight.see(event);
      if ((event.type === "added" || event.type === "modified") && predicate(event.resource)) return event.resource;
    }
    throw new Error("a watch ended without an error");
  });
}

/**
 * Waits until an object is gone, for good or for another one of its name.
 *
 * @remarks
 * It does not ask for the deletion. **Cancel safety.** Gives up at once and leaves no watch behind.
 * @throws TimeoutError, whose cause says how the object was last seen; the signal's reason, unchanged; what a watch
 * throws.
 *
 * @example
 * ```ts
 * import { createResourceClient, defineKind, waitForDeletion } from "keelson/resources";
 * import { memoryStore } from "keelson/store/memory";
 *
 * const App = defineKind<{ image: string }>()("App");
 * const client = createResourceClient(memoryStore());
 * const app = await client.create(App, { metadata: { name: "web" }, spec: { image: "a" } });
 * await client.delete(app);
 * await waitForDeletion(client, App, app, { timeout: "10s" });
 * ```
 */
export async function waitForDeletion<Spec, Status, Input>(
  client: ResourceClient,
  kind: Kind<Spec, Status, Input>,
  resource: Resource<Spec, Status>,
  options: ResourceWaitOptions = {},
): Promise<void> {
  checkObject("resource", resource);
  checkObject("resource.metadata", resource.metadata);
  const { uid } = resource.metadata;
  const sight = new LastSight(kind, resolveKey(kind, keyOf(resource)));
  await within(options, sight, async (signal, once) => {
    if (once) {
      const present = await client.get(kind, sight.key, { signal });
      if (present?.metadata.uid !== uid) return;
      sight.see({ type: "added", resource: present });
      throw sight.timedOut(0);
    }
    let isThere = false;
    for await (const event of client.watch(kind, { ...sight.key, signal })) {
      sight.see(event);
      if (event.type === "added") isThere = event.resource.metadata.uid === uid;
      if (event.type === "deleted" && event.resource.metadata.uid === uid) return;
      if (event.type === "synced" && !isThere) return;
    }
  });
}

/** Runs a wait with its options; `once` says that it must not wait at all. */
async function within<T>(
  { timeout: limit, signal, runtime = currentRuntime() }: ResourceWaitOptions,
  sight: LastSight,
  wait: (signal: AbortSignal | undefined, once: boolean) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  if (limit === undefined) return wait(signal, false);
  const once = toMs(limit, "timeout") === 0;
  const duration: Duration = once ? Number.POSITIVE_INFINITY : limit;
  let expiry: AbortSignal | undefined;
  try {
    return await timeout(duration, (operation) => wait((expiry = operation.signal), once), { signal, runtime });
  } catch (error) {
    // Not one that the caller's signal or predicate brought along.
    const isOwn = error instanceof TimeoutError && error === expiry?.reason && error !== signal?.reason;
    throw isOwn ? sight.timedOut(error.timeoutMs) : error;
  }
}
