import { runInNewContext } from "node:vm";
import { isKeelsonError } from "keelson/core";
import {
  AlreadyExistsError,
  ConflictError,
  ForbiddenError,
  InvalidResourceError,
  NotFoundError,
  type ResourceClient,
  createResourceClient,
  defineKind,
  keyOf,
} from "keelson/resources";
import type { StateStore } from "keelson/store";
import { memoryStore } from "keelson/store/memory";
import { type VirtualTime, virtualTime } from "keelson/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Workload, Zone } from "./workload.js";

let time: VirtualTime;
let store: StateStore;
let client: ResourceClient;

beforeEach(() => {
  time = virtualTime();
  store = memoryStore();
  client = createResourceClient(store);
});

afterEach(async () => {
  await store.close();
  time[Symbol.dispose]();
});

const draft = { metadata: { name: "web" }, spec: { image: "a" } };

async function revision(): Promise<number> {
  return (await store.get("/nothing")).revision;
}

/** Runs something that must write nothing. */
async function writesNothing<T>(run: () => Promise<T>): Promise<T> {
  const before = await revision();
  const result = await run();
  expect(await revision()).toBe(before);
  return result;
}

describe("create", () => {
  test("create sets uid, generation 1, timestamps, and the schema's output as spec", async () => {
    const web = await client.create(Workload, draft);
    expect(web).toStrictEqual({
      kind: "Workload",
      metadata: {
        name: "web",
        namespace: "default",
        uid: expect.any(String) as string,
        generation: 1,
        resourceVersion: String(await revision()),
        creationTimestamp: "2030-01-01T00:00:00.000Z",
        labels: {},
        annotations: {},
        ownerReferences: [],
        finalizers: [],
      },
      spec: { replicas: 1, image: "a" },
    });
    expect(await client.get(Workload, "web")).toStrictEqual(web);
  });

  test("create rejects a given resourceVersion", async () => {
    const web = await client.create(Workload, draft);
    const again = { metadata: { ...web.metadata, name: "again" }, spec: web.spec };
    await expect(client.create(Workload, again)).rejects.toThrow("metadata.resourceVersion: must not be given");
  });

  test("create refuses an object of a name that exists", async () => {
    await client.create(Workload, draft);
    const error: unknown = await writesNothing(() => client.create(Workload, draft).catch((cause: unknown) => cause));
    expect(error).toBeInstanceOf(AlreadyExistsError);
    expect(error).toMatchObject({ code: "RESOURCE_ALREADY_EXISTS", kind: "Workload", key: { name: "web" } });
  });

  test("a uid is never re-used, nor taken from whoever creates", async () => {
    const first = await client.create(Workload, draft);
    await client.delete(first);
    const { name, namespace, uid } = first.metadata;
    const metadata = { name, namespace, uid };
    const second = await client.create(Workload, { metadata, spec: first.spec });
    expect(second.metadata.uid).not.toBe(first.metadata.uid);
  });

  test("fields that nobody knows are refused, with the one that was meant", async () => {
    const spec = { image: "a", replcias: 2 };
    const metadata = { name: "web", lables: {} };
    await expect(client.create(Workload, { metadata: { name: "web" }, spec })).rejects.toThrow(
      'spec.replcias: unknown field (did you mean "replicas"?)',
    );
    await expect(client.create(Workload, { metadata, spec: { image: "a" } })).rejects.toThrow(
      'metadata.lables: unknown field (did you mean "labels"?)',
    );
    await expect(client.create(Workload, { ...draft, specs: 1 } as never)).rejects.toThrow("specs: unknown field");
  });

  test("an owner option makes the object the owner's", async () => {
    const web = await client.create(Workload, draft);
    const child = await client.create(Workload, { metadata: { name: "web-0" }, spec: { image: "a" } }, { owner: web });
    expect(child.metadata.ownerReferences).toStrictEqual([
      { kind: "Workload", name: "web", uid: web.metadata.uid, controller: true, blockOwnerDeletion: true },
    ]);
    const elsewhere = { metadata: { name: "web-1", namespace: "other" }, spec: { image: "a" } };
    await expect(client.create(Workload, elsewhere, { owner: web })).rejects.toThrow(
      'metadata.ownerReferences: expected an owner in namespace "other" or cluster-scoped, got one in "default"',
    );
  });

  test("cluster-scoped objects have no namespace", async () => {
    const zone = await client.create(Zone, { metadata: { name: "north" }, spec: { region: "eu" } });
    expect(keyOf(zone)).toStrictEqual({ name: "north" });
    expect(await client.get(Zone, "north")).toStrictEqual(zone);
    expect((await store.get("/resources/Zone/_/north")).kv).toBeDefined();
    const namespaced = { metadata: { name: "south", namespace: "x" }, spec: { region: "eu" } };
    await expect(client.create(Zone, namespaced)).rejects.toThrow(/metadata.namespace: expected none/);
  });
});

describe("replace and update", () => {
  test("replace needs the matching resourceVersion", async () => {
    const web = await client.create(Workload, draft);
    const second = await client.replace({ ...web, spec: { ...web.spec, replicas: 2 } });
    expect(second.spec.replicas).toBe(2);
    const stale = { ...web, spec: { ...web.spec, replicas: 3 } };
    await expect(writesNothing(() => client.replace(stale))).rejects.toThrow(ConflictError);
  });

  test("generation + 1 iff spec changed", async () => {
    const web = await client.create(Workload, draft);
    const labelled = await client.update(web, ({ metadata }) => void (metadata.labels["app"] = "web"));
    expect(labelled.metadata.generation).toBe(1);
    expect(labelled.metadata.labels).toStrictEqual({ app: "web" });
    const scaled = await client.update(web, ({ spec }) => void (spec.replicas = 4));
    expect(scaled.metadata.generation).toBe(2);
  });

  test("a no-op write keeps the resourceVersion and writes nothing", async () => {
    const web = await client.create(Workload, { ...draft, spec: { image: "a", env: { A: "1", B: "2" } } });
    expect(await writesNothing(() => client.update(web, () => undefined))).toStrictEqual(web);
    expect(await writesNothing(() => client.replace(web))).toStrictEqual(web);
    const reordered = { ...web, spec: { env: { B: "2", A: "1" }, image: "a", replicas: 1 } };
    expect(await writesNothing(() => client.replace(reordered))).toStrictEqual(web);
  });

  test("a spec that defaults bring back to what it was is a no-op", async () => {
    const web = await client.create(Workload, draft);
    const { metadata, kind } = web;
    const bare = { kind, metadata, spec: { image: "a" } } as typeof web;
    expect(await writesNothing(() => client.replace(bare))).toStrictEqual(web);
  });

  test("replace touches neither status nor what the client keeps of the metadata", async () => {
    const web = await client.create(Workload, draft);
    const ready = await client.patchStatus(web, { ready: 1 });
    const metadata = { ...ready.metadata, generation: 99, creationTimestamp: "1999-01-01T00:00:00.000Z" };
    const written = await client.replace({ ...ready, metadata, spec: { ...ready.spec, image: "b" }, status: {} });
    expect(written.status).toStrictEqual({ ready: 1 });
    expect(written.metadata).toMatchObject({ generation: 2, creationTimestamp: "2030-01-01T00:00:00.000Z" });
  });

  test("an update of a later object of the same name is refused", async () => {
    const first = await client.create(Workload, draft);
    await client.delete(first);
    await expect(client.update(first, () => undefined)).rejects.toThrow(NotFoundError);
    await client.create(Workload, draft);
    for (const write of [
      () => client.update(first, () => undefined),
      () => client.replace(first),
      () => client.patchStatus(first, { ready: 1 }),
      () => client.delete(first),
    ]) {
      await expect(write()).rejects.toThrow(/no longer exists: another object has its name now/);
    }
  });

  test("validation runs on spec writes only", async () => {
    let runs = 0;
    const counting = createResourceClient(store);
    const kind = {
      ...Workload,
      options: {
        schema: {
          "~standard": {
            version: 1 as const,
            vendor: "test",
            validate: async (value: unknown) => {
              await Promise.resolve();
              runs += 1;
              return { value: value as { readonly replicas: number; readonly image: string } };
            },
          },
        },
      },
    };
    const web = await counting.create(kind, { ...draft, spec: { replicas: 1, image: "a" } });
    await counting.update(web, ({ metadata }) => void (metadata.labels["a"] = "b"));
    await counting.patchStatus(web, { ready: 1 });
    expect(runs).toBe(1);
    await counting.update(web, ({ spec }) => void (spec.replicas = 2));
    expect(runs).toBe(2);
  });

  test("validateUpdate refuses a change of a valid spec", async () => {
    const web = await client.create(Workload, { ...draft, spec: { image: "pinned" } });
    const change = client.update(web, ({ spec }) => void (spec.image = "b"));
    await expect(change).rejects.toThrow(/spec.image: must stay pinned/);
    expect((await client.update(web, ({ spec }) => void (spec.replicas = 2))).spec.replicas).toBe(2);
  });

  test("a change that is a promise is refused: what it does later would be lost", async () => {
    const web = await client.create(Workload, draft);
    const change = async (): Promise<void> => Promise.resolve();
    await expect(client.update(web, change as () => void)).rejects.toThrow(TypeError);
  });

  test("a change that returns a changed copy of the draft is refused: only the draft counts", async () => {
    const web = await client.create(Workload, draft);
    const copied = client.update(web, (now) => ({ ...now, spec: { ...now.spec, replicas: 2 } }));
    await expect(copied).rejects.toThrow("Expected `change` to change the draft, got a changed copy of it");
    for (const returned of [(now: object) => now, ({ spec }: { spec: object }) => spec, () => 5, () => null]) {
      expect((await client.update(web, returned)).spec).toEqual(web.spec);
    }
  });

  describe("what JSON would not give back is refused, by every write, with its path", () => {
    class Money {
      readonly cents = 5;
    }
    const cycle: Record<string, unknown> = {};
    cycle["self"] = cycle;
    const [holes, deaf]: unknown[] = [new Array(1), () => undefined];
    test.each<[unknown, string]>([
      [{ weights: [1, 2, 3, Number.NaN] }, "weights[3]: expected a finite number, got `NaN`"],
      [{ deep: { "a.b": -Infinity } }, 'deep["a.b"]: expected a finite number, got `-Infinity`'],
      [{ list: [undefined] }, "list[0]: expected a value of JSON, got `undefined`"],
      [{ list: holes }, "list[0]: expected a value of JSON, got `undefined`"],
      [{ at: new Date(0) }, "at: expected an object without a class, got a Date"],
      [{ names: new Map() }, "names: expected an object without a class, got a Map"],
      [{ price: new Money() }, "price: expected an object without a class, got a Money"],
      [{ amount: 5n }, "amount: expected a value of JSON, got the bigint `5`"],
      [{ deaf }, "deaf: expected a value of JSON, got a function"],
      [{ tag: Symbol("x") }, "tag: expected a value of JSON, got `Symbol(x)`"],
      [{ deep: cycle }, "expected no cycle, nor more than 500 levels"],
    ])("%#: %s", async (value, message) => {
      const Any = defineKind<Record<string, unknown>, Record<string, unknown>>()("Any");
      const spec = value as Record<string, unknown>;
      const any = await client.create(Any, { metadata: { name: "any" }, spec: { at: {}, names: {}, price: {} } });
      const writes = [
        () => client.create(Any, { metadata: { name: "other" }, spec }),
        () => client.update(any, (draft) => Object.assign(draft.spec, spec)),
        () => client.replace({ ...any, spec }),
        () => client.apply(Any, { metadata: { name: "any" }, spec }, { manager: "me" }),
        () => client.apply(Any, { metadata: { name: "new" }, spec }, { manager: "me" }),
        () => client.patchStatus(any, spec),
      ];
      for (const [index, write] of writes.entries()) {
        const error: unknown = await write().catch((reason: unknown) => reason);
        expect(error).toMatchObject({ code: "RESOURCE_INVALID" });
        const where = message.startsWith("expected") ? "" : index === 5 ? "status." : "spec.";
        expect(String(error)).toContain(`${where}${message}`);
      }
    });

    test("as is a schema's output; what another realm made and fields that are `undefined` are not", async () => {
      const loose = {
        "~standard": { version: 1 as const, vendor: "x", validate: () => ({ value: { at: new Date(0) } }) },
      };
      const Dated = defineKind<{ at: unknown }>()("Dated", { schema: loose });
      await expect(client.create(Dated, { metadata: { name: "d" }, spec: { at: 0 } })).rejects.toThrow(
        "spec.at: expected",
      );
      const Any = defineKind<Record<string, unknown>>()("Any");
      const foreign = runInNewContext("({ list: [1, { a: null }] })") as object;
      const made = await client.create(Any, {
        metadata: { name: "a" },
        spec: { foreign, bare: Object.create(null), no: undefined },
      });
      expect(made.spec).toEqual({ foreign: { list: [1, { a: null }] }, bare: {} });
    });
  });

  test("an issue says where, what was expected and what came", async () => {
    const web = await client.create(Workload, draft);
    const error: unknown = await client
      .update(web, ({ spec }) => void (spec.replicas = -1))
      .catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(InvalidResourceError);
    expect(error).toMatchObject({
      issues: [{ path: "spec.replicas", message: "expected an integer of at least 0, got `-1`" }],
    });
  });
});

describe("patchStatus", () => {
  const ready = { type: "Ready", status: "True", reason: "Probed", message: "" } as const;

  test("a status write touches only status", async () => {
    const web = await client.create(Workload, draft);
    const scaled = await client.update(web, ({ spec }) => void (spec.replicas = 2));
    const forged = {
      ...web,
      spec: { image: "forged", replicas: 9 },
      metadata: { ...web.metadata, labels: { a: "b" } },
    };
    const patched = await client.patchStatus(forged, { ready: 2 });
    expect(patched.spec).toStrictEqual(scaled.spec);
    expect(patched.metadata).toStrictEqual({
      ...scaled.metadata,
      resourceVersion: patched.metadata.resourceVersion,
    });
    expect(patched.status).toStrictEqual({ ready: 2 });
  });

  test("it merges onto the latest: fields by name, conditions by type; undefined removes a field", async () => {
    const web = await client.create(Workload, draft);
    await client.patchStatus(web, { ready: 1, phase: "Running" });
    const at = "2030-01-01T00:00:00.000Z";
    await client.patchStatus(web, { conditions: [{ ...ready, lastTransitionTime: at }] });
    const other = { ...ready, type: "Available", lastTransitionTime: at };
    const patched = await client.patchStatus(web, { phase: undefined, conditions: [other] });
    expect(patched.status).toStrictEqual({ ready: 1, conditions: [{ ...ready, lastTransitionTime: at }, other] });
  });

  test("a no-op when equal: lastTransitionTime moves only when a condition's status does", async () => {
    const web = await client.create(Workload, draft);
    const patch = (status: "True" | "False", at: string): Promise<typeof web> =>
      client.patchStatus(web, { conditions: [{ ...ready, status, lastTransitionTime: at }] });
    const first = await patch("True", "2030-01-01T00:00:00.000Z");
    expect(await writesNothing(() => patch("True", "2030-01-01T01:00:00.000Z"))).toStrictEqual(first);
    const second = await patch("False", "2030-01-01T02:00:00.000Z");
    expect(second.status?.conditions?.[0]?.lastTransitionTime).toBe("2030-01-01T02:00:00.000Z");
  });
});

describe("delete", () => {
  const held = { metadata: { name: "web", finalizers: ["example.dev/a", "example.dev/b"] }, spec: { image: "a" } };

  test("without finalizers the object goes at once", async () => {
    const web = await client.create(Workload, draft);
    await client.delete(web);
    expect(await client.get(Workload, "web")).toBeUndefined();
    await expect(client.delete(web)).rejects.toThrow(NotFoundError);
  });

  test("with finalizers it sets deletionTimestamp, generation + 1; the last finalizer's removal deletes", async () => {
    const web = await client.create(Workload, held);
    await time.advance("1m");
    await client.delete(web, { gracePeriodSeconds: 30 });
    const marked = await client.get(Workload, "web");
    expect(marked?.metadata).toMatchObject({
      generation: 2,
      deletionTimestamp: "2030-01-01T00:01:00.000Z",
      deletionGracePeriodSeconds: 30,
      finalizers: ["example.dev/a", "example.dev/b"],
    });
    const one = await client.update(web, ({ metadata }) => void metadata.finalizers.shift());
    expect(one.metadata).toMatchObject({ generation: 2, finalizers: ["example.dev/b"] });
    const last = await client.update(web, ({ metadata }) => void metadata.finalizers.shift());
    expect(await client.get(Workload, "web")).toBeUndefined();
    expect(last.metadata).toMatchObject({ finalizers: [], resourceVersion: String(await revision()) });
  });

  test("asked for again it changes nothing but a shorter grace period", async () => {
    const web = await client.create(Workload, held);
    await client.delete(web, { gracePeriodSeconds: 30 });
    await time.advance("1m");
    await writesNothing(() => client.delete(web, { gracePeriodSeconds: 60, propagation: "foreground" }));
    await client.delete(web, { gracePeriodSeconds: 5 });
    expect((await client.get(Workload, "web"))?.metadata).toMatchObject({
      generation: 2,
      deletionTimestamp: "2030-01-01T00:00:00.000Z",
      deletionGracePeriodSeconds: 5,
    });
  });

  test("no finalizer may be added while deleting", async () => {
    const web = await client.create(Workload, held);
    await client.delete(web);
    const adding = client.update(web, ({ metadata }) => void metadata.finalizers.push("example.dev/c"));
    await expect(adding).rejects.toThrow(/metadata.finalizers: none may be added while the object is being deleted/);
    const relabelled = await client.update(web, ({ metadata }) => void (metadata.labels["a"] = "b"));
    expect(relabelled.metadata.labels).toStrictEqual({ a: "b" });
  });

  test.each([
    ["foreground", ["foregroundDeletion"]],
    ["orphan", ["orphan"]],
  ] as const)("propagation %s is recorded as a finalizer", async (propagation, finalizers) => {
    const web = await client.create(Workload, draft);
    await client.delete(web, { propagation });
    expect((await client.get(Workload, "web"))?.metadata.finalizers).toStrictEqual(finalizers);
  });

  test("delete preconditions uid + resourceVersion", async () => {
    const web = await client.create(Workload, draft);
    await client.patchStatus(web, { ready: 1 });
    const { resourceVersion } = web.metadata;
    await expect(client.delete(web, { preconditions: { resourceVersion } })).rejects.toThrow(ConflictError);
    await expect(client.delete(web, { preconditions: { uid: "another" } })).rejects.toThrow(ConflictError);
    await client.delete(web, { preconditions: { uid: web.metadata.uid } });
    expect(await client.get(Workload, "web")).toBeUndefined();
  });

  test("a propagation that is none is refused", async () => {
    const web = await client.create(Workload, draft);
    await expect(client.delete(web, { propagation: "sideways" as "orphan" })).rejects.toThrow(
      /`propagation` to be one/,
    );
    await expect(client.delete(web, { gracePeriodSeconds: -1 })).rejects.toThrow(RangeError);
  });
});

describe("every write", () => {
  test("dryRun validates and admits without writing", async () => {
    const asked: string[] = [];
    client.admit(Workload, ({ operation }) => void asked.push(operation));
    const dryRun = true;
    const dry = await writesNothing(() => client.create(Workload, draft, { dryRun }));
    expect(dry.spec.replicas).toBe(1);
    expect(await client.get(Workload, "web")).toBeUndefined();
    const web = await client.create(Workload, draft);
    await expect(client.create(Workload, draft, { dryRun })).rejects.toThrow(AlreadyExistsError);
    const updated = await writesNothing(() => client.update(web, ({ spec }) => void (spec.replicas = 7), { dryRun }));
    expect([updated.spec.replicas, updated.metadata.generation]).toStrictEqual([7, 2]);
    const patched = await writesNothing(() => client.patchStatus(web, { ready: 3 }, { dryRun }));
    expect(patched.status?.ready).toBe(3);
    await writesNothing(() => client.delete(web, { dryRun }));
    expect(asked).toStrictEqual(["create", "create", "create", "update", "status", "delete"]);
    await expect(client.update(web, ({ spec }) => void (spec.image = ""), { dryRun })).rejects.toThrow(
      InvalidResourceError,
    );
  });

  test("admit hooks see the object as it would be stored and as it is, and refuse by throwing", async () => {
    const web = await client.create(Workload, draft);
    const refusal = new Error("over quota");
    const hook = client.admit(Workload, ({ resource, previous }) => {
      expect(Object.isFrozen(resource)).toBe(true);
      expect(previous?.spec.replicas).toBe(1);
      if (resource.spec.replicas > 5) return Promise.reject(refusal);
      return undefined;
    });
    const scale = (replicas: number): Promise<unknown> =>
      client.update(web, ({ spec }) => void (spec.replicas = replicas));
    const error: unknown = await writesNothing(() => scale(6).catch((cause: unknown) => cause));
    expect(error).toBeInstanceOf(ForbiddenError);
    expect(error).toMatchObject({ cause: refusal, message: "Workload default/web may not be written: over quota" });
    hook[Symbol.dispose]();
    await scale(6);
  });

  test("what is returned is deep-frozen, and deaf to what a writer does with the draft later", async () => {
    const env = { A: "1" };
    const web = await client.create(Workload, { ...draft, spec: { image: "a", env } });
    env.A = "2";
    expect(web.spec.env).toStrictEqual({ A: "1" });
    expect(Object.isFrozen(web.spec.env)).toBe(true);
    expect(Object.isFrozen((await client.get(Workload, "web"))?.metadata.labels)).toBe(true);
    expect(Object.isFrozen((await client.list(Workload)).items[0]?.spec)).toBe(true);
  });

  test("onWrite learns of each stored write, and of nothing else", async () => {
    const writes: string[] = [];
    const telling = createResourceClient(store, {
      onWrite: (kind, { namespace, name }, version) =>
        void writes.push(`${kind} ${namespace ?? ""}/${name} ${version}`),
    });
    const web = await telling.create(Workload, draft);
    await telling.update(web, () => undefined);
    await telling.patchStatus(web, { ready: 1 });
    await telling.create(Workload, draft).catch(() => undefined);
    await telling.delete(web);
    const first = Number(web.metadata.resourceVersion);
    expect(writes).toStrictEqual([first, first + 1, first + 2].map((at) => `Workload default/web ${at}`));
  });

  test("an aborted signal gives up with its reason", async () => {
    const web = await client.create(Workload, draft);
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    await expect(client.create(Workload, { ...draft, metadata: { name: "b" } }, { signal })).rejects.toBe(reason);
    await expect(client.update(web, ({ spec }) => void (spec.replicas = 2), { signal })).rejects.toBe(reason);
    await expect(client.get(Workload, "web", { signal })).rejects.toBe(reason);
    await expect(client.list(Workload, { signal })).rejects.toBe(reason);
  });

  test("an object of a kind the client has not seen is refused, unless `kinds` names it", async () => {
    const web = await client.create(Workload, draft);
    await expect(createResourceClient(store).delete(web)).rejects.toThrow(/of kind "Workload"; name it in `kinds`/);
    await createResourceClient(store, { kinds: [Workload] }).delete(web);
  });

  test("two kinds of one name are refused", async () => {
    await client.list(Workload);
    await expect(client.list({ ...Workload })).rejects.toThrow('Expected one kind to be named "Workload", got two');
  });
});

test("names are checked wherever they come in", async () => {
  await expect(client.get(Workload, "../secrets")).rejects.toSatisfy((error) =>
    isKeelsonError(error, "RESOURCE_INVALID"),
  );
  await expect(client.get(Workload, { name: "web", namespace: "a.b" })).rejects.toThrow(/metadata.namespace: expected/);
  expect(() => createResourceClient(store, { prefix: "/x/" })).toThrow(TypeError);
});
