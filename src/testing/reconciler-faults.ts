import type { Controller } from "../controllers/index.js";
import { type Kind, type Resource, keyOf } from "../resources/index.js";
import type { Harness } from "./harness.js";
import type { ReconcilerFault } from "./reconciler-scenario.js";

/** What the run without faults showed: how much there is for a fault to strike. */
export interface Reference {
  /** Writes by controller. */
  readonly writes: readonly (readonly [controller: string, count: number])[];
  /** The last revision. */
  readonly revision: number;
}

/** How long caches are blind: shorter and longer than the time after which a controller reads the store itself. */
const blindMs = [100, 1_000, 5_000, 45_000];

/**
 * The fault of the nth run: by turns a crash, after each write in turn, and one of the other classes, each in turn, of
 * which everything else is by chance. There are more places for a crash than ways to be blind.
 */
export function faultOf(nth: number, { writes, revision }: Reference, random: () => number): ReconcilerFault {
  const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(random() * items.length)];
  if (nth % 2 === 1) return crashOf((nth - 1) / 2, writes);
  const blind = {
    controller: pick(writes)?.[0] ?? "",
    atRevision: Math.floor(random() * (revision + 1)),
    forMs: pick(blindMs) ?? 0,
  };
  switch ((nth / 2) % 3) {
    case 0:
      return { kind: "stale", ...blind };
    case 1:
      return { kind: "unobserved", ...blind };
    default:
      return { kind: "recreate", unseen: random() < 0.5 };
  }
}

/**
 * The nth of the crashes: after the first write, the last, the second and so on, until they meet, and then after so many
 * again and again. What is begun and what is given up comes first, as chance may make some scenarios longer than others.
 */
function crashOf(nth: number, writes: Reference["writes"]): ReconcilerFault {
  const places = writes.flatMap(([controller, count]) =>
    Array.from({ length: count }, (_, n) => ({ controller, afterWrite: n + 1 })),
  );
  const turn = nth % places.length;
  const place = places.at(turn % 2 === 0 ? turn / 2 : -(turn + 1) / 2);
  if (place === undefined) return { kind: "none" };
  return { kind: "crash", ...place, every: Math.floor(nth / places.length) % 2 === 1 };
}

/** Plans a fault, but for what happens in the end. */
export function plan(t: Harness, fault: ReconcilerFault): void {
  const { faults } = t;
  switch (fault.kind) {
    case "crash":
      faults.crashAfterWrite(fault.controller, fault.afterWrite, { every: fault.every });
      return;
    case "stale":
      atRevision(t, fault.atRevision, () => {
        faults.staleCache(fault.controller, fault.forMs);
      });
      return;
    case "unobserved":
      atRevision(t, fault.atRevision, () => {
        faults.dropWatch(fault.controller, fault.forMs);
      });
      return;
    case "none":
    case "recreate":
  }
}

function atRevision({ store, runtime }: Harness, revision: number, strike: () => void): void {
  const wait = async (): Promise<void> => {
    for await (const batch of store.watch({ prefix: "/" }, { from: 1 })) {
      if (batch.revision >= revision) break;
    }
    strike();
  };
  wait().catch((error: unknown) => {
    runtime.report(error, { task: "planned fault" });
  });
}

/** Deletes everything of some kinds that has no owner, and creates it anew as soon as its name is free. */
export async function recreate(
  t: Harness,
  kinds: readonly Kind[],
  controllers: readonly Controller[],
  unseen: boolean,
): Promise<void> {
  for (const kind of kinds) {
    const { items } = await t.client.list(kind);
    for (const resource of items.filter(({ metadata }) => metadata.ownerReferences.length === 0)) {
      if (unseen) for (const { name } of controllers) t.faults.dropWatch(name, "1s");
      await anew(t, kind, resource);
    }
  }
}

async function anew(t: Harness, kind: Kind, resource: Resource): Promise<void> {
  const { client } = t;
  const { labels, annotations } = resource.metadata;
  await client.delete(resource);
  // Whoever has put a finalizer on it takes its time.
  for (let waits = 0; waits < 600 && (await client.get(kind, keyOf(resource))) !== undefined; waits += 1) {
    await t.advance("1s");
  }
  await client.create(kind, { metadata: { ...keyOf(resource), labels, annotations }, spec: resource.spec });
}
