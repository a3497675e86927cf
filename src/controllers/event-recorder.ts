import { isKeelsonError } from "../core/index.js";
import type { Logger, Runtime } from "../core/index.js";
import type { ResourceClient } from "../resources/index.js";
import { EventCorrelator } from "./event-correlator.js";
import type { EventLeases } from "./event-leases.js";
import { type Happening, ObjectEvent, type ObjectEventSpec } from "./object-event.js";

/** An event that is to be written: how often it happened since it was written last. */
interface Pending {
  readonly key: { readonly name: string; readonly namespace: string };
  readonly spec: ObjectEventSpec;
  readonly times: number;
}

/**
 * Writes events one after the other, behind the scenes; what happens again before it is written is counted.
 *
 * @internal
 */
export class EventRecorder {
  readonly #client: ResourceClient;
  readonly #leases: EventLeases;
  readonly #runtime: Runtime;
  readonly #log: Logger;
  readonly #correlator = new EventCorrelator();
  readonly #pending = new Map<string, Pending>();
  #writing: Promise<void> | undefined = undefined;

  constructor(client: ResourceClient, leases: EventLeases, runtime: Runtime, log: Logger) {
    this.#client = client.with({ lease: () => leases.current });
    this.#leases = leases;
    this.#runtime = runtime;
    this.#log = log;
  }

  /** Records what happened, unless the like of it has happened too often. */
  record(happening: Happening): void {
    const message = this.#correlator.message(happening, this.#runtime.now());
    if (message === undefined) return;
    const { resource, source, type, reason } = happening;
    const { name, namespace, uid } = resource.metadata;
    const now = new Date(this.#runtime.wallNow()).toISOString();
    const id = `${source} ${uid} ${type} ${reason} ${message}`;
    const before = this.#pending.get(id);
    const regarding = { kind: resource.kind, name, ...(namespace === undefined ? {} : { namespace }), uid };
    const times = (before?.times ?? 0) + 1;
    this.#pending.set(id, {
      // Of what it says, so that the same event is the same object after a restart, too.
      key: { name: `${name.slice(0, 200).replace(/[^a-z0-9]+$/, "")}.${hash(id)}`, namespace: namespace ?? "default" },
      spec: {
        ...{ regarding, type, reason, message, source },
        ...{ count: times, firstTime: before?.spec.firstTime ?? now, lastTime: now },
      },
      times,
    });
    this.#writing ??= this.#write();
  }

  /** Resolves once what was recorded is written. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    // Not in the turn of the reconcile: it may say more.
    await this.#runtime.ready(undefined);
    for (const [id, pending] of this.#pending) {
      this.#pending.delete(id);
      try {
        await this.#leases.refresh();
        await this.#put(pending);
      } catch (error) {
        this.#log.debug({ err: error, event: pending.key.name }, "an event could not be recorded");
      }
    }
    this.#writing = undefined;
  }

  async #put({ key, spec, times }: Pending): Promise<void> {
    const known = await this.#client.get(ObjectEvent, key);
    if (known === undefined) {
      await this.#client.create(ObjectEvent, { metadata: key, spec });
      return;
    }
    const again = this.#client.update(known, (draft) => {
      draft.spec.count += times;
      draft.spec.lastTime = spec.lastTime;
    });
    await again.catch((error: unknown) => {
      // Its lease ran out in between; there was an hour to look at it.
      if (!isKeelsonError(error, "RESOURCE_NOT_FOUND")) throw error;
    });
  }
}

/** FNV-1a, twice 32 bits (Fowler, Noll and Vo): enough to tell the events of one object apart. */
function hash(text: string): string {
  let [a, b] = [0x811c9dc5, 0x01000193];
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ (code + index), 0x85ebca6b);
  }
  return [a, b].map((part) => (part >>> 0).toString(16).padStart(8, "0")).join("");
}
