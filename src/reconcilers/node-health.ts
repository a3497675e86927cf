import type { Runtime } from "../core/index.js";
import type { Node } from "./kinds/node.js";
import type { NodeLease } from "./kinds/node-lease.js";

/** How long a node may be silent. */
export interface Graces {
  /** Once it has been heard of. */
  readonly graceMs: number;
  /** Before it has ever been heard of. */
  readonly startupGraceMs: number;
}

/** What was last heard of a node, and when that was, on this program's own clock. */
interface Sighting {
  readonly uid: string;
  readonly heard: string;
  readonly at: number;
  readonly hasReported: boolean;
}

/**
 * When each node was last heard of, by its lease or its status.
 *
 * @remarks
 * Times count from when this program saw a change, never from what is written: the clocks of nodes are not its own.
 * What it has not seen change since it started has had its grace from then on.
 * @internal
 */
export class NodeHealth {
  readonly #runtime: Runtime;
  readonly #graces: Graces;
  readonly #sightings = new Map<string, Sighting>();

  constructor(runtime: Runtime, graces: Graces) {
    this.#runtime = runtime;
    this.#graces = graces;
  }

  /** Takes in what a node and its lease say now. */
  observe({ metadata: { name, uid }, status }: Node, lease: NodeLease | undefined): void {
    const heard = JSON.stringify([lease?.metadata.uid, lease?.spec.renewedAt, status?.heartbeatTime]);
    const known = this.#sightings.get(name);
    if (known?.uid === uid && known.heard === heard) return;
    const hasReported = lease !== undefined || status?.heartbeatTime !== undefined;
    this.#sightings.set(name, { uid, heard, at: this.#runtime.now(), hasReported });
  }

  /** Milliseconds until a node counts as lost; 0 or less when it does. */
  leftMs(name: string): number {
    const sighting = this.#sightings.get(name);
    if (sighting === undefined) return this.#graces.startupGraceMs;
    const grace = sighting.hasReported ? this.#graces.graceMs : this.#graces.startupGraceMs;
    return sighting.at + grace - this.#runtime.now();
  }

  /** Whether it has ever been heard of. */
  hasReported(name: string): boolean {
    return this.#sightings.get(name)?.hasReported === true;
  }

  forget(name: string): void {
    this.#sightings.delete(name);
  }

  /** Gives every node its full grace again. */
  startAnew(): void {
    for (const [name, sighting] of this.#sightings) {
      this.#sightings.set(name, { ...sighting, at: this.#runtime.now() });
    }
  }
}
