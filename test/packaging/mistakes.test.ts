import { describe, expect, test } from "vitest";
import { createElection, mutex, semaphore } from "keelson/cluster";
import { createManager } from "keelson/controllers";
import { garbageCollector } from "keelson/reconcilers";
import { createResourceClient, defineKind } from "keelson/resources";
import { jsonCodec, namespaced, op, put, putIfAbsent, typed } from "keelson/store";
import { memoryStore } from "keelson/store/memory";
import { forEachConcurrent, join, mapConcurrent, scope, spawn } from "keelson/tasks";
import { workerPool } from "keelson/tasks/worker";
import { outcome } from "../support/outcome.js";

const store = memoryStore();
const later = Promise.resolve(store) as never;
const none = undefined as never;
const App = defineKind<{ image: string }>()("App");
const client = createResourceClient(store);
const key = "/a";

/** What was done, and what the TypeError says that it leads to. */
const mistakes: readonly (readonly [mistake: string, act: () => unknown, message: string])[] = [
  [
    "a number for a source",
    () => forEachConcurrent(5 as never, 1, () => 1),
    "Expected `source` to be iterable, got `5`",
  ],
  ["no source", () => mapConcurrent(none, 1, () => 1), "Expected `source` to be iterable, got `undefined`"],
  ["nothing to do with items", () => forEachConcurrent([1], 1, none), "Expected `use` to be a function"],
  ["nothing to map items with", () => mapConcurrent([1], 1, none), "Expected `map` to be a function"],
  ["no body of a scope", () => scope(none), "Expected `body` to be a function, got `undefined`"],
  ["nothing to spawn", () => spawn(none), "Expected `run` to be a function, got `undefined`"],
  ["one thing to join", () => join((() => 1) as never), "Expected `operations` to be an array, got a function"],
  ["a pool of no module", () => workerPool({} as never), "Expected `module` to be a non-empty string, got `undefined`"],
  ["a pool without options", () => workerPool(none), "Expected `options` to be an object, got `undefined`"],
  ["no kind", () => client.list(none), "Expected `kind` to be an object, got `undefined`"],
  ["no draft", () => client.create(App, none), "Expected `draft` to be an object, got `undefined`"],
  [
    "no metadata",
    () => client.create(App, { spec: {} } as never),
    "Expected `draft.metadata` to be an object, got `und",
  ],
  [
    "no metadata to apply",
    () => client.apply(App, {} as never, { manager: "m" }),
    "Expected `draft.metadata` to be an",
  ],
  [
    "no manager to apply for",
    () => client.apply(App, { metadata: { name: "a" }, spec: { image: "" } }, {} as never),
    "Expected `manager` to be a non-empty string, got `undefined`",
  ],
  ["no key", () => client.get(App, none), "Expected `key` to be an object, got `undefined`"],
  ["an object that was not found", () => client.update(none, () => 1), "Expected `resource` to be an object, got `und"],
  ["no change", () => client.update(none, none), "Expected `change` to be a function, got `undefined`"],
  ["objects without a store", () => createResourceClient(none), "Expected `store` to be an object, got `undefined`"],
  ["an election without a store", () => createElection(none, { name: "n" }), "Expected `store` to be an object"],
  ["a store that is not awaited", () => createElection(later, { name: "n" }), "Expected `store.txn` to be a function"],
  ["an election without options", () => createElection(store, none), "Expected `options` to be an object"],
  ["a mutex without a store", () => mutex(none, key), "Expected `store` to be an object, got `undefined`"],
  ["a semaphore without options", () => semaphore(store, key, none), "Expected `options` to be an object"],
  ["a manager without options", () => createManager(none), "Expected `options` to be an object, got `undefined`"],
  ["a manager of nothing", () => createManager({ store } as never), "Expected `controllers` to be an array"],
  [
    "controllers in controllers",
    () => createManager({ store, controllers: [garbageCollector([App])] as never }),
    "Expected `controllers[0].kinds` to be an array, got `undefined`",
  ],
  ["kinds by name", () => garbageCollector({ App } as never), "Expected `kinds` to be an array, got an object"],
  ["a number to put", () => put(store, key, 5 as never), "Expected `value` to be a string or a Uint8Array, got `5`"],
  ["no value", () => putIfAbsent(store, key, none), "Expected `value` to be a string or a Uint8Array, got `undefined`"],
  ["a put without a store", () => put(none, key, ""), "Expected `store` to be an object, got `undefined`"],
  ["types for no store", () => typed(none, jsonCodec()), "Expected `store` to be an object, got `undefined`"],
  ["types without a codec", () => typed(store, none), "Expected `codec` to be an object, got `undefined`"],
  ["a namespace of nothing", () => namespaced(none, key), "Expected `store` to be an object, got `undefined`"],
  [
    "a misspelt field of a transaction",
    () => store.txn({ iff: [], then: [op.put(key, "")] } as never),
    'Expected `txn` to have nothing but `if`, `then`, `else`, got "iff"',
  ],
  [
    "a misspelt field of a condition",
    () => store.txn({ if: [{ key, target: "version", op: "=", value: 0, vaule: 1 } as never], then: [] }),
    'Expected `if[0]` to have nothing but `key`, `target`, `op`, `value`, got "vaule"',
  ],
  [
    "a misspelt field of a put",
    () => store.txn({ then: [{ ...op.put(key, ""), leas: "l" } as never] }),
    'Expected `then[0]` to have nothing but `type`, `key`, `value`, `lease`, got "leas"',
  ],
  [
    "a lease for its id",
    () => store.txn({ then: [op.put(key, "", { lease: {} as never })] }),
    "Expected `then[0].lease` to be a non-empty string, got an object",
  ],
  [
    "a condition on a lease for its id",
    () => store.txn({ if: [{ key, target: "lease", op: "=", value: {} as never }], then: [] }),
    "Expected `if[0].value` to be a non-empty string, got an object",
  ],
  ["no transaction", () => store.txn(none), "Expected `txn` to be an object, got `undefined`"],
  ["no operation", () => store.txn({ then: [none] }), "Expected `then[0]` to be an object, got `undefined`"],
];

describe("a mistake names the option, what was expected and what came", () => {
  test.each(mistakes)("%s", async (_mistake, act, message) => {
    const error = await outcome(Promise.resolve().then(act)); // some throw and some reject
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toContain(message);
    expect((await store.range({ prefix: "" })).kvs).toEqual([]);
  });
});

test("what is iterable is taken, strings among it", async () => {
  const letters: string[] = [];
  await forEachConcurrent("abc", 1, (letter) => letters.push(letter));
  for await (const letter of mapConcurrent("de", 2, (each) => each)) letters.push(letter);
  expect(letters.join("")).toBe("abcde");
});
