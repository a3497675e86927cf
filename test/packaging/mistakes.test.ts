import { describe, expect, test } from "vitest";
import { chunksTimeout, itemTimeout, merge, throttle as slowed } from "keelson/channels";
import { createElection, mutex, semaphore } from "keelson/cluster";
import { createManager, defineController } from "keelson/controllers";
import { channelSaturation, createHealth } from "keelson/health";
import { listen } from "keelson/http";
import { createLifecycle } from "keelson/lifecycle";
import { garbageCollector } from "keelson/reconcilers";
import * as resilience from "keelson/resilience";
import { createResourceClient, defineKind, s } from "keelson/resources";
import { jsonCodec, namespaced, op, put, putIfAbsent, typed } from "keelson/store";
import { etcdStore } from "keelson/store/etcd";
import { memoryStore } from "keelson/store/memory";
import { postgresStore } from "keelson/store/postgres";
import { sqliteStore } from "keelson/store/sqlite";
import { forEachConcurrent, join, mapConcurrent, scope, spawn } from "keelson/tasks";
import { workerPool } from "keelson/tasks/worker";
import { createRegistry } from "keelson/telemetry/prometheus";
import { checkReconciler } from "keelson/testing";
import { outcome } from "../support/outcome.js";

const store = memoryStore();
const later = Promise.resolve(store) as never;
const none = undefined as never;
const App = defineKind<{ image: string }>()("App");
const client = createResourceClient(store);
const key = "/a";
const lifecycle = createLifecycle({ signals: [], uncaught: false, exit: false });
const manager = createManager({ store, controllers: [] });
const five = 5 as never;
const noOptions = "Expected `options` to be an object, got `undefined`";
const noSource = "Expected `source` to be an async iterable, got";

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
  ["an array to slow down", () => slowed([1] as never, 1), `${noSource} an array`],
  ["nothing to gather", () => chunksTimeout(none, 1, 1), `${noSource} \`undefined\``],
  ["nothing to wait for", () => itemTimeout(five, 1), `${noSource} \`5\``],
  ["an array to merge", () => merge([1] as never), "Expected `iterables[0]` to be an async iterable, got an array"],
  ["a SQLite store without options", () => sqliteStore(none), noOptions],
  ["a Postgres store without options", () => postgresStore(none), noOptions],
  ["an etcd store without options", () => etcdStore(none), noOptions],
  ["to listen nowhere", () => listen(() => new Response(), none), noOptions],
  ["nothing to listen with", () => listen(none, { port: 0 }), "Expected `handler` to be a function, got `undefined`"],
  ["health that listens nowhere", () => createHealth().listen(none), noOptions],
  ["health of no lifecycle", () => createHealth({ lifecycle: five }), "Expected `lifecycle` to be an object, got `5`"],
  [
    "health of what knows no readiness",
    () => createHealth({ lifecycle: {} as never }),
    "Expected `lifecycle.isReady` to be a boolean, got `undefined`",
  ],
  [
    "a kind of check that there is none of",
    () => createHealth().report("redy" as never),
    'Expected `kind` to be one of "live", "ready", "started", got "redy"',
  ],
  ["the saturation of no channel", () => channelSaturation(five), "Expected `channel` to be an object, got `5`"],
  ["a counter without help", () => createRegistry().counter("a_total", none), noOptions],
  ["a controller without options", () => defineController(none), noOptions],
  ["a manager that nothing stops", () => manager.run(none), "Expected `signal` to be an object, got `undefined`"],
  [
    "a number for a schema",
    () => defineKind()("K", { schema: five }),
    'Expected `schema["~standard"]` to be an object, got `undefined`',
  ],
  ["an object of no fields", () => s.object(none), "Expected `fields` to be an object, got `undefined`"],
  ["a field of no schema", () => s.object({ a: five }), "Expected `fields.a` to be an object, got `5`"],
  ["items of no schema", () => s.array(five), "Expected `item` to be an object, got `5`"],
  ["values of no schema", () => s.record(five), "Expected `value` to be an object, got `5`"],
  ["an option of no schema", () => s.optional(five), "Expected `schema` to be an object, got `5`"],
  ["a default of no schema", () => s.withDefault(five, none), "Expected `schema` to be an object, got `5`"],
  ["a union of no schemas", () => s.union(s.string(), five), "Expected `schemas[1]` to be an object, got `5`"],
  ["a variant of no schema", () => s.variant("type", { a: five }), "Expected `cases.a` to be an object, got `5`"],
  ["no server to drain", () => lifecycle.server(five), "Expected `server` to be an object, got `5`"],
  ["no work to track", () => lifecycle.track(five), "Expected `promise` to be a promise, got `5`"],
  ["nothing to do with a mutex", () => mutex(store, key).run(none), "Expected `use` to be a function, got `undefined`"],
  [
    "a coalescer of a function",
    () => resilience.coalesce((() => 1) as never),
    "Expected `options` to be an object, got",
  ],
  ["nothing to coalesce", () => resilience.coalesce()("a", none), "Expected `fn` to be a function, got `undefined`"],
  [
    "controllers that are not made anew",
    () => checkReconciler([] as never, { run: () => Promise.resolve() }),
    "Expected `controllers` to be a function, got an array",
  ],
];

const policies: readonly resilience.Policy<unknown>[] = [
  resilience.adaptiveLimit(),
  resilience.bulkhead({ max: 1 }),
  resilience.circuitBreaker(),
  resilience.fallback(() => 1),
  resilience.hedge({ after: 1 }),
  resilience.rateLimit({ rate: 1 }),
  resilience.retryPolicy(),
  resilience.throttle(),
  resilience.timeoutPolicy(1),
  resilience.compose(
    resilience.fallback(() => 1),
    resilience.timeoutPolicy(1),
  ),
  resilience.standardPipeline(),
];

describe("a mistake names the option, what was expected and what came", () => {
  test.each(mistakes)("%s", async (_mistake, act, message) => {
    const error = await outcome(Promise.resolve().then(act)); // some throw and some reject
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toContain(message);
    expect((await store.range({ prefix: "" })).kvs).toEqual([]);
  });
});

test.each(policies)("the policy $name refuses what is no function", async (policy) => {
  const error = await outcome(Promise.resolve().then(() => policy.execute(five)));
  expect(error).toBeInstanceOf(TypeError);
  expect(String(error)).toContain("Expected `fn` to be a function, got `5`");
});

test.each([["x"], [[1]], [5], [null], [undefined]])("a status is not patched with %j", async (patch) => {
  const own = createResourceClient(memoryStore());
  const app = await own.create(App, { metadata: { name: "a" }, spec: { image: "" } });
  const error = await outcome(own.patchStatus(app, patch as never));
  expect(String(error)).toContain("status: expected an object, got");
  expect((await own.get(App, "a"))?.status).toBeUndefined();
});

test("what is iterable is taken, strings among it", async () => {
  const letters: string[] = [];
  await forEachConcurrent("abc", 1, (letter) => letters.push(letter));
  for await (const letter of mapConcurrent("de", 2, (each) => each)) letters.push(letter);
  expect(letters.join("")).toBe("abcde");
});
