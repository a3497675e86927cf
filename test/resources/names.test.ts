import { type ResourceClient, createResourceClient, defineKind } from "keelson/resources";
import { memoryStore } from "keelson/store/memory";
import { beforeEach, describe, expect, test } from "vitest";

const App = defineKind<{ readonly n: number }>()("App");
let client: ResourceClient;

beforeEach(() => {
  client = createResourceClient(memoryStore());
});

/** What is wrong with metadata, as paths; nothing when it is fine. */
async function issues(metadata: object): Promise<string[]> {
  const create = client.create(App, { metadata: { name: "web", ...metadata }, spec: { n: 1 } }, { dryRun: true });
  const error: unknown = await create.then(
    () => ({ issues: [] }),
    (cause: unknown) => cause,
  );
  const found = (error as { readonly issues: readonly { readonly path: string }[] }).issues;
  return found.map(({ path }) => path);
}

describe("names are DNS-1123 subdomains", () => {
  test.each(["a", "a-b", "a.b-c.d", "0", `${"a".repeat(60)}.${"b".repeat(192)}`])("%s", async (name) => {
    expect(await issues({ name })).toStrictEqual([]);
  });
  test.each(["", "A", "a_b", "-a", "a-", "a..b", ".a", "a.", "a/b", "a\n", "é", "a".repeat(254), 7])(
    "not %j",
    async (name) => {
      expect(await issues({ name })).toStrictEqual(["metadata.name"]);
    },
  );
});

describe("namespaces are DNS-1123 labels", () => {
  test.each(["a", "a-b", "a".repeat(63)])("%s", async (namespace) => {
    expect(await issues({ namespace })).toStrictEqual([]);
  });
  test.each(["", "a.b", "_", "a".repeat(64)])("not %j", async (namespace) => {
    expect(await issues({ namespace })).toStrictEqual(["metadata.namespace"]);
  });
});

describe("label keys are qualified names, values are short", () => {
  test.each([["app"], ["example.com/app"], ["A_b.c-d"], ["a".repeat(63)]])("%s", async (key) => {
    expect(await issues({ labels: { [key]: "V_1.x-y" } })).toStrictEqual([]);
    expect(await issues({ labels: { [key]: "" } })).toStrictEqual([]);
  });
  test.each([["-a"], [""], ["a/b/c"], ["/a"], ["a/"], ["Example.com/a"], ["a".repeat(64)], ["a b"]])(
    "not %j",
    async (key) => {
      expect(await issues({ labels: { [key]: "v" } })).toStrictEqual(["metadata.labels"]);
    },
  );
  test.each(["-v", "v-", "a b", "é", "a".repeat(64), 1, null])("no value %j", async (value) => {
    expect(await issues({ labels: { app: value } })).toStrictEqual(['metadata.labels["app"]']);
  });
});

test("annotations have qualified names of any case, any text, and 256 KiB in all", async () => {
  expect(await issues({ annotations: { "Example.com/Note": "Any text: {}\n" } })).toStrictEqual([]);
  expect(await issues({ annotations: { "a b": "x" } })).toStrictEqual(["metadata.annotations"]);
  expect(await issues({ annotations: { a: 1 } })).toStrictEqual(['metadata.annotations["a"]']);
  const half = "é".repeat(65_536 - 1);
  expect(await issues({ annotations: { a: half, b: half } })).toStrictEqual([]);
  expect(await issues({ annotations: { a: half, b: `${half}abc` } })).toStrictEqual(["metadata.annotations"]);
});

test("finalizers are qualified names, each once", async () => {
  expect(await issues({ finalizers: ["example.dev/a", "plain", "foregroundDeletion"] })).toStrictEqual([]);
  expect(await issues({ finalizers: ["a b"] })).toStrictEqual(["metadata.finalizers[0]"]);
  expect(await issues({ finalizers: ["a", "a"] })).toStrictEqual(["metadata.finalizers[1]"]);
});

test("owners have kind, name and uid, each uid once, and one of them manages at most", async () => {
  const owner = { kind: "App", name: "a", uid: "1" };
  expect(await issues({ ownerReferences: [owner, { ...owner, uid: "2", controller: true }] })).toStrictEqual([]);
  expect(await issues({ ownerReferences: [{ ...owner, uid: "" }] })).toStrictEqual(["metadata.ownerReferences[0].uid"]);
  expect(await issues({ ownerReferences: [owner, owner] })).toStrictEqual(["metadata.ownerReferences"]);
  const managing = { ...owner, controller: true };
  expect(await issues({ ownerReferences: [managing, { ...managing, uid: "2" }] })).toStrictEqual([
    "metadata.ownerReferences",
  ]);
});

test("labels and annotations are objects", async () => {
  expect(await issues({ labels: ["a"], annotations: "b" })).toStrictEqual(["metadata.labels", "metadata.annotations"]);
});

test("a kind's name is one CamelCase word, its options are what they say", () => {
  const make = defineKind<unknown>();
  for (const name of ["app", "App/x", "", "A".repeat(64), 1]) expect(() => make(name as string)).toThrow(TypeError);
  expect(() => make("App", { scope: "global" as "cluster" })).toThrow(/`scope` to be one of "namespaced", "cluster"/);
  expect(() => make("App", { version: 0 })).toThrow(RangeError);
  expect(() => make("App", { upgrade: 1 as never })).toThrow(/`upgrade` to be a function/);
  expect(() => make("App", { fields: { a: "b" as never } })).toThrow(/`fields.a` to be a function/);
  expect(Object.isFrozen(make("App"))).toBe(true);
});
