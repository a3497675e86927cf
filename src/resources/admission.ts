import { ForbiddenError } from "./errors.js";
import type { Kind } from "./kind.js";
import { keyOf } from "./object-key.js";
import type { AdmissionHook } from "./resource-client.js";
import type { Resource } from "./resource.js";

/** What a hook is asked about. */
type Request = Parameters<AdmissionHook<unknown, unknown>>[0];

/** The hooks of one client, kind by kind, in the order in which they came. */
export class Admission {
  readonly #hooks = new Map<string, Set<{ readonly hook: AdmissionHook<unknown, unknown> }>>();

  /** Adds a hook until what it returns is disposed. */
  add(kind: Kind, hook: AdmissionHook<unknown, unknown>): Disposable {
    // An entry of its own, so that one function added twice is two hooks.
    const entry = { hook };
    const hooks = this.#hooks.get(kind.name) ?? new Set();
    this.#hooks.set(kind.name, hooks.add(entry));
    return { [Symbol.dispose]: () => void hooks.delete(entry) };
  }

  /**
   * Asks every hook of the object's kind, one after the other.
   *
   * @throws ForbiddenError with what the first hook to refuse threw as its cause.
   */
  async ask(operation: Request["operation"], resource: Resource, previous?: Resource): Promise<void> {
    const hooks = this.#hooks.get(resource.kind);
    if (hooks === undefined) return;
    for (const { hook } of [...hooks]) {
      try {
        await hook(previous === undefined ? { operation, resource } : { operation, resource, previous });
      } catch (cause) {
        const why = cause instanceof Error ? `: ${cause.message}` : "";
        throw new ForbiddenError(resource.kind, keyOf(resource), `may not be written${why}`, { cause });
      }
    }
  }
}
