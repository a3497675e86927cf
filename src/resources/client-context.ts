import { checkObject } from "../core/check.js";
import type { Runtime } from "../core/index.js";
import type { Compare, StateStore } from "../store/index.js";
import type { Admission } from "./admission.js";
import type { Kind } from "./kind.js";
import type { Keyspace } from "./object-key.js";
import type { Resource, ResourceKey } from "./resource.js";

/** What the parts of one client share. */
export interface ClientContext {
  /** Where objects are. */
  readonly store: StateStore;
  /** Clock and ids. */
  readonly runtime: Runtime;
  /** Where in the store. */
  readonly keys: Keyspace;
  /** Hooks that see writes before they are stored. */
  readonly admission: Admission;
  /** Conditions of every write beside its own. */
  readonly fence: () => readonly Compare[];
  /** Told of each write that was stored. */
  readonly onWrite: (kind: string, key: ResourceKey, resourceVersion: string) => void;
  /** The lease that what is written goes with, if any. */
  readonly lease: () => string | undefined;
}

/** The kinds a client has seen, by name. */
export class KnownKinds {
  readonly #kinds = new Map<string, Kind>();

  /** Makes a kind known. */
  add(kind: Kind): void {
    checkObject("kind", kind);
    const known = this.#kinds.get(kind.name);
    if (known === undefined) this.#kinds.set(kind.name, kind);
    else if (known !== kind) throw new TypeError(`Expected one kind to be named "${kind.name}", got two`);
  }

  /** The kind of an object. */
  of(resource: Pick<Resource, "kind">): Kind {
    checkObject("resource", resource);
    const name = resource.kind;
    const kind = this.#kinds.get(name);
    if (kind !== undefined) return kind;
    throw new TypeError(
      `Expected an object of a kind this client has seen, got one of kind "${name}"; name it in \`kinds\``,
    );
  }
}
