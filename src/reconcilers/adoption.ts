import type { ReconcileContext } from "../controllers/index.js";
import {
  type ResourceClient,
  type ResourceKey,
  isDeleting,
  keyOf,
  ownerOf,
  ownerReference,
} from "../resources/index.js";
import { ignoreGone } from "./ignore-gone.js";
import { isActive } from "./instances.js";
import { Instance } from "./kinds/instance.js";
import { Workload } from "./kinds/workload.js";

/** Tells whether an instance has the labels that a Workload looks for. */
export function selectorOf({ spec: { selector } }: Workload): (instance: Instance) => boolean {
  return hasLabels(selector);
}

/** Tells whether an instance has these labels. */
export function hasLabels(wanted: Readonly<Record<string, string>>): (instance: Instance) => boolean {
  const entries = Object.entries(wanted);
  return ({ metadata: { labels } }) => entries.every(([key, value]) => labels[key] === value);
}

/**
 * Instances without an owner, by the Workload that would take them: found as they appear, so that nobody has to look
 * through all instances for them.
 *
 * @internal
 */
export class Orphans {
  readonly #waiting = new Map<string, Set<string>>();
  readonly #searched = new Set<string>();

  /** The Workloads that an instance would suit; none when it has an owner. */
  async suitors(instance: Instance, client: ResourceClient): Promise<readonly ResourceKey[]> {
    const { name, namespace } = instance.metadata;
    if (ownerOf(instance) !== undefined || !isActive(instance)) return [];
    const { items } = await client.list(Workload, { namespace });
    const suitors = items.filter((workload) => selectorOf(workload)(instance)).map(keyOf);
    for (const workload of suitors) this.#add(workload, name);
    return suitors;
  }

  /** The orphans that a Workload may take now; a Workload that is new looks at all there are. */
  take(workload: Workload, { cache }: Pick<ReconcileContext, "cache">): readonly Instance[] {
    const { uid, namespace } = workload.metadata;
    const id = idOf(workload.metadata);
    const names = this.#waiting.get(id) ?? new Set();
    this.#waiting.delete(id);
    const isNew = !this.#searched.has(uid);
    this.#searched.add(uid);
    const found = isNew
      ? cache.list(Instance).filter(({ metadata }) => metadata.namespace === namespace)
      : [...names].map((name) => cache.get(Instance, { name, namespace })).filter((each) => each !== undefined);
    const isSelected = selectorOf(workload);
    return found.filter((each) => ownerOf(each) === undefined && isActive(each) && isSelected(each));
  }

  forget(key: ResourceKey): void {
    this.#waiting.delete(idOf(key));
  }

  #add(workload: ResourceKey, name: string): void {
    const id = idOf(workload);
    this.#waiting.set(id, (this.#waiting.get(id) ?? new Set()).add(name));
  }
}

function idOf({ namespace = "default", name }: ResourceKey): string {
  return `${namespace}/${name}`;
}

/**
 * Gives up the instances that no longer have a Workload's labels, and takes those that have and belong to nobody; what
 * it has then.
 */
export async function adopt(
  workload: Workload,
  owned: readonly Instance[],
  orphans: readonly Instance[],
  { client }: Pick<ReconcileContext, "client">,
): Promise<readonly Instance[]> {
  const isSelected = selectorOf(workload);
  const isMine = (instance: Instance): boolean => isDeleting(instance) || isSelected(instance);
  for (const instance of owned) if (!isMine(instance)) await release(workload, instance, client);
  const adopted: Instance[] = [];
  for (const orphan of orphans) {
    const taken = client.update(orphan, ({ metadata }, latest) => {
      const isFree = ownerOf(latest) === undefined && isActive(latest) && isSelected(latest);
      if (isFree) metadata.ownerReferences.push({ ...ownerReference(workload) });
    });
    await ignoreGone(taken.then((instance) => void adopted.push(instance)));
  }
  const isTaken = (instance: Instance): boolean => ownerOf(instance)?.uid === workload.metadata.uid;
  return [...owned.filter(isMine), ...adopted.filter(isTaken)];
}

async function release({ metadata: { uid } }: Workload, instance: Instance, client: ResourceClient): Promise<void> {
  const released = client.update(instance, ({ metadata }) => {
    metadata.ownerReferences = metadata.ownerReferences.filter((reference) => reference.uid !== uid);
  });
  await ignoreGone(released);
}
