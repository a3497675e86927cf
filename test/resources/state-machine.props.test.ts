import { fc, test } from "@fast-check/vitest";
import { isKeelsonError } from "keelson/core";
import { type ResourceClient, createResourceClient } from "keelson/resources";
import { memoryStore } from "keelson/store/memory";
import { expect } from "vitest";
import { runs } from "../support/deep.js";
import { Workload } from "./workload.js";

/** An object as the rules have it, written down once more and as plainly as can be. */
interface Model {
  readonly birth: number;
  generation: number;
  replicas: number;
  label: string | undefined;
  finalizers: string[];
  ready: number | undefined;
  isDeleting: boolean;
  writes: number;
}

type Step =
  | { readonly kind: "create"; readonly finalizers: readonly string[]; readonly replicas: number }
  | { readonly kind: "scale" | "status"; readonly value: number }
  | { readonly kind: "label"; readonly value: string | undefined }
  | { readonly kind: "hold" | "release"; readonly finalizer: string }
  | { readonly kind: "delete"; readonly propagation: "background" | "foreground" | "orphan" }
  | { readonly kind: "replace"; readonly replicas: number };

const finalizer = fc.constantFrom("x.dev/a", "x.dev/b", "foregroundDeletion");
const small = fc.nat(2);
const step: fc.Arbitrary<{ readonly step: Step; readonly name: string; readonly isStale: boolean }> = fc.record({
  name: fc.constantFrom("a", "b"),
  isStale: fc.boolean(),
  step: fc.oneof(
    fc.record({
      kind: fc.constant("create" as const),
      finalizers: fc.uniqueArray(finalizer, { maxLength: 2 }),
      replicas: small,
    }),
    fc.record({ kind: fc.constantFrom("scale" as const, "status" as const), value: small }),
    fc.record({ kind: fc.constant("label" as const), value: fc.option(fc.constantFrom("x", "y"), { nil: undefined }) }),
    fc.record({ kind: fc.constantFrom("hold" as const, "release" as const), finalizer }),
    fc.record({
      kind: fc.constant("delete" as const),
      propagation: fc.constantFrom("background" as const, "foreground" as const, "orphan" as const),
    }),
    fc.record({ kind: fc.constant("replace" as const), replicas: small }),
  ),
});

test.prop([fc.array(step, { maxLength: 40 })], { numRuns: runs(1_000) })(
  "any sequence of operations does what the rules say, and writes only when something changes",
  async (steps) => {
    const store = memoryStore();
    const client = createResourceClient(store, { kinds: [Workload] });
    const models = new Map<string, Model>();
    /** Every state of every object that a user may have kept, the latest last. */
    const handles = new Map<
      string,
      { readonly resource: Workload; readonly birth: number; readonly writes: number }[]
    >();
    const uids = new Set<string>();
    let births = 0;
    for (const { step, name, isStale } of steps) {
      const kept = handles.get(name) ?? [];
      const handle = isStale ? kept[0] : kept.at(-1);
      if (step.kind !== "create" && handle === undefined) continue;
      const before = structuredClone(models.get(name));
      const expected = decide(models, name, step, handle, () => (births += 1));
      const { revision } = await store.get("/x");
      const outcome = await act(client, name, step, handle?.resource).then(
        () => "ok",
        (error: unknown) => (isKeelsonError(error) ? error.code : error),
      );
      expect(outcome).toBe(expected);
      const isChanged = JSON.stringify(before) !== JSON.stringify(models.get(name));
      expect((await store.get("/x")).revision).toBe(isChanged ? revision + 1 : revision);
      const model = models.get(name);
      const actual = await client.get(Workload, name);
      expect(actual === undefined ? undefined : shape(actual)).toStrictEqual(model && modelShape(model));
      if (actual === undefined || model === undefined || !isChanged) continue;
      if (model.birth !== before?.birth) {
        expect(uids).not.toContain(actual.metadata.uid);
        uids.add(actual.metadata.uid);
      }
      handles.set(name, [...kept, { resource: actual, birth: model.birth, writes: model.writes }]);
    }
    await store.close();
  },
  120_000,
);

function act(client: ResourceClient, name: string, step: Step, resource: Workload | undefined): Promise<unknown> {
  if (step.kind === "create") {
    const { replicas, finalizers } = step;
    return client.create(Workload, { metadata: { name, finalizers }, spec: { image: "a", replicas } });
  }
  if (resource === undefined) throw new Error("nothing to act on");
  switch (step.kind) {
    case "scale":
      return client.update(resource, ({ spec }) => void (spec.replicas = step.value));
    case "status":
      return client.patchStatus(resource, { ready: step.value === 0 ? undefined : step.value });
    case "label":
      return client.update(resource, ({ metadata }) => {
        metadata.labels = step.value === undefined ? {} : { label: step.value };
      });
    case "hold":
      return client.update(resource, ({ metadata }) => {
        if (!metadata.finalizers.includes(step.finalizer)) metadata.finalizers.push(step.finalizer);
      });
    case "release":
      return client.update(resource, ({ metadata }) => {
        metadata.finalizers = metadata.finalizers.filter((each) => each !== step.finalizer);
      });
    case "delete":
      return client.delete(resource, { propagation: step.propagation });
    case "replace":
      return client.replace({ ...resource, spec: { ...resource.spec, replicas: step.replicas } });
  }
}

/** Moves the model, and says what the operation must answer. */
function decide(
  models: Map<string, Model>,
  name: string,
  step: Step,
  handle: { readonly resource: Workload; readonly birth: number; readonly writes: number } | undefined,
  birth: () => number,
): string {
  const model = models.get(name);
  if (step.kind === "create") {
    if (model !== undefined) return "RESOURCE_ALREADY_EXISTS";
    const { replicas } = step;
    const finalizers = [...step.finalizers];
    models.set(name, {
      birth: birth(),
      generation: 1,
      replicas,
      label: undefined,
      finalizers,
      ready: undefined,
      isDeleting: false,
      writes: 0,
    });
    return "ok";
  }
  if (model === undefined || model.birth !== handle?.birth) return "RESOURCE_NOT_FOUND";
  switch (step.kind) {
    case "scale":
      if (model.replicas === step.value) return "ok";
      model.replicas = step.value;
      model.generation += 1;
      break;
    case "status": {
      const ready = step.value === 0 ? undefined : step.value;
      // The first patch makes a status, if an empty one.
      if (model.ready === ready && !(ready === undefined && !hasStatus.has(model))) return "ok";
      model.ready = ready;
      hasStatus.add(model);
      break;
    }
    case "label":
      if (model.label === step.value) return "ok";
      model.label = step.value;
      break;
    case "hold":
      if (model.finalizers.includes(step.finalizer)) return "ok";
      if (model.isDeleting) return "RESOURCE_INVALID";
      model.finalizers.push(step.finalizer);
      break;
    case "release":
      if (!model.finalizers.includes(step.finalizer)) return "ok";
      model.finalizers = model.finalizers.filter((each) => each !== step.finalizer);
      break;
    case "delete": {
      if (model.isDeleting) return "ok";
      model.isDeleting = true;
      model.generation += 1;
      const added = { background: [], foreground: ["foregroundDeletion"], orphan: ["orphan"] }[step.propagation];
      for (const each of added) if (!model.finalizers.includes(each)) model.finalizers.push(each);
      break;
    }
    case "replace": {
      if (handle.writes !== model.writes) return "RESOURCE_CONFLICT";
      if (model.replicas === step.replicas) return "ok";
      model.replicas = step.replicas;
      model.generation += 1;
      break;
    }
  }
  model.writes += 1;
  if (model.isDeleting && model.finalizers.length === 0) models.delete(name);
  return "ok";
}

const hasStatus = new WeakSet<Model>();

function shape({ metadata, spec, status }: Workload): unknown {
  return {
    generation: metadata.generation,
    replicas: spec.replicas,
    label: metadata.labels["label"],
    finalizers: metadata.finalizers,
    ready: status?.ready,
    isDeleting: metadata.deletionTimestamp !== undefined,
  };
}

function modelShape({ generation, replicas, label, finalizers, ready, isDeleting }: Model): unknown {
  return { generation, replicas, label, finalizers, ready, isDeleting };
}
