import { KeelsonError, type Runtime } from "../core/index.js";
import type { Controller } from "../controllers/index.js";
import type { ResourceKey } from "../resources/index.js";
import type { HarnessReconcile } from "./harness.js";

/**
 * A controller reconciles one key again and again without time moving: it wakes itself, most often by a status that it
 * writes anew each time.
 *
 * @example
 * ```ts
 * import { HotLoopError } from "keelson/testing";
 *
 * new HotLoopError("team", { name: "red" }, 20).message // => "team reconciled red more than 20 times at one instant"
 * ```
 */
export class HotLoopError extends KeelsonError {
  override readonly name = "HotLoopError";
  readonly code = "HOT_LOOP";

  constructor(controller: string, { namespace, name }: ResourceKey, limit: number, options?: ErrorOptions) {
    const key = namespace === undefined ? name : `${namespace}/${name}`;
    super(`${controller} reconciled ${key} more than ${String(limit)} times at one instant`, options);
  }
}

/** Writes down every reconcile, and stops those that do not come to rest. */
export class ReconcileLog {
  readonly entries: HarnessReconcile[] = [];
  readonly #runtime: Runtime;
  readonly #limit: number;
  readonly #failed: (error: unknown) => void;
  readonly #counts = new Map<string, number>();
  #instant = 0;

  constructor(runtime: Runtime, limit: number, failed: (error: unknown) => void) {
    this.#runtime = runtime;
    this.#limit = limit;
    this.#failed = failed;
  }

  /** The controller, with its reconciles written down. */
  watching(controller: Controller): Controller {
    const { name, options } = controller;
    const reconcile: typeof options.reconcile = (resource, context) => {
      if (!this.#add(name, context.key)) return new Promise<void>(() => undefined);
      return options.reconcile(resource, context);
    };
    return { ...controller, options: { ...options, reconcile } };
  }

  /** Whether the reconcile may take place. */
  #add(controller: string, key: ResourceKey): boolean {
    const at = this.#runtime.now();
    if (at !== this.#instant) this.#counts.clear();
    this.#instant = at;
    this.entries.push({ controller, key, at });
    const id = `${controller} ${key.namespace ?? ""}/${key.name}`;
    const count = (this.#counts.get(id) ?? 0) + 1;
    this.#counts.set(id, count);
    if (count > this.#limit) this.#failed(new HotLoopError(controller, key, this.#limit));
    return count <= this.#limit;
  }
}
