import { ControllerManager } from "./controller-manager.js";
import type { Manager, ManagerOptions } from "./manager.js";

/**
 * Puts controllers to work: one watch and one cache per kind for all of them, and an orderly start and stop.
 *
 * @throws TypeError, RangeError for options out of range, two controllers of one name, or two kinds of one name.
 *
 * @example
 * ```ts
 * import { createManager, defineController } from "keelson/controllers";
 * import { defineKind, waitFor } from "keelson/resources";
 * import { memoryStore } from "keelson/store/memory";
 *
 * const Greeting = defineKind<{ to: string }, { text: string }>()("Greeting");
 * const greetings = defineController({
 *   for: Greeting,
 *   async reconcile(greeting, { client }) {
 *     await client.patchStatus(greeting, { text: `hello ${greeting.spec.to}` });
 *   },
 * });
 *
 * const manager = createManager({ store: memoryStore(), controllers: [greetings] });
 * const stop = new AbortController();
 * const running = manager.run(stop.signal);
 * await manager.client.create(Greeting, { metadata: { name: "first" }, spec: { to: "world" } });
 * const greeted = await waitFor(manager.client, Greeting, "first", ({ status }) => status !== undefined);
 * greeted.status // => { text: "hello world" }
 * stop.abort();
 * await running;
 * ```
 */
export function createManager(options: ManagerOptions): Manager {
  return new ControllerManager(options);
}
