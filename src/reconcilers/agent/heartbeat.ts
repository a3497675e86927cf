import type { Logger, Runtime } from "../../core/index.js";
import { isAbortOf } from "../../core/operation.js";
import { type ResourceClient, setCondition } from "../../resources/index.js";
import type { Resources } from "../../scheduler/index.js";
import { timeout } from "../../time/index.js";
import { Node, type NodeAddress } from "../kinds/node.js";
import { NodeLease } from "../kinds/node-lease.js";

/** What a heartbeat says, and to whom. */
export interface HeartbeatParts {
  readonly client: ResourceClient;
  readonly node: string;
  readonly capacity: Resources;
  readonly labels: Readonly<Record<string, string>>;
  readonly addresses: readonly NodeAddress[];
  /** How often it says that it lives. */
  readonly everyMs: number;
  /** After how long without having said so it counts as dead. */
  readonly leaseMs: number;
  readonly runtime: Runtime;
  readonly log: Logger;
  /** Told when the lease has run out, and when it is held again. */
  readonly onLease: (isHeld: boolean) => void;
}

/** A status that says nothing new is written this often all the same: Kubernetes' `nodeStatusReportFrequency`. */
const statusEveryMs = 300_000;

/**
 * Says of a node that it lives, and how it is: one NodeLease write each time, the Node's status when that has changed.
 *
 * @internal
 */
export class Heartbeat {
  readonly #parts: HeartbeatParts;
  #statusDue = 0;
  #isHeld = true;

  constructor(parts: HeartbeatParts) {
    this.#parts = parts;
  }

  /** Makes the Node, if there is none, and says that it is ready. */
  async register(): Promise<void> {
    const { client, node: name, labels } = this.#parts;
    const node =
      (await client.get(Node, name)) ?? (await client.create(Node, { metadata: { name, labels }, spec: {} }));
    await this.#report(node, true);
  }

  /** Beats until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { runtime, everyMs, leaseMs, log, node } = this.#parts;
    const lapse = (): void => {
      this.#tell(false);
    };
    using lapses = runtime.timer(leaseMs, lapse, "node lease");
    lapses.unref();
    while (!signal.aborted) {
      const sent = runtime.now();
      try {
        // An answer that is late is no answer: the next beat is due.
        await timeout(everyMs, () => this.#beat(), { runtime, signal });
        lapses.reset(leaseMs - (runtime.now() - sent)); // whoever reads the lease counts from when it was written
        this.#tell(true);
      } catch (error) {
        if (!isAbortOf(error, signal.reason)) log.warn({ err: error, node }, "could not renew the node's lease");
      }
      await runtime.sleep(Math.max(0, everyMs - (runtime.now() - sent)), { signal }).catch(() => undefined);
    }
  }

  /** Says that the node takes nothing more. */
  async leave(): Promise<void> {
    const { client, node: name } = this.#parts;
    const node = await client.get(Node, name);
    if (node !== undefined) await this.#report(node, false);
  }

  async #beat(): Promise<void> {
    const { client, node: name, runtime, leaseMs } = this.#parts;
    const node = await client.get(Node, name);
    if (node === undefined) throw new Error(`Node "${name}" has been deleted`);
    const renewedAt = new Date(runtime.wallNow()).toISOString();
    const spec = { holder: name, renewedAt, durationSeconds: leaseMs / 1_000 };
    await client.apply(NodeLease, { metadata: { name }, spec }, { manager: "agent", owner: node });
    await this.#report(node, true);
  }

  /** Its own fields and condition alone; node lifecycle may have written others, or this one. */
  async #report(node: Node, isReady: boolean): Promise<void> {
    const { client, capacity, addresses, runtime } = this.#parts;
    const verdict = isReady
      ? ({ status: "True", reason: "AgentReady", message: "the agent takes instances" } as const)
      : ({ status: "False", reason: "AgentStopped", message: "the agent has stopped" } as const);
    const now = new Date(runtime.wallNow());
    const isDue = runtime.now() >= this.#statusDue;
    if (isDue) this.#statusDue = runtime.now() + statusEveryMs;
    await client.patchStatus(node, {
      capacity,
      ...(addresses.length === 0 ? {} : { addresses }),
      ...(isDue || !isReady ? { heartbeatTime: now.toISOString() } : {}),
      conditions: setCondition([], { type: "Ready", ...verdict }, now),
    });
  }

  #tell(isHeld: boolean): void {
    if (this.#isHeld === isHeld) return;
    this.#isHeld = isHeld;
    this.#parts.onLease(isHeld);
  }
}
