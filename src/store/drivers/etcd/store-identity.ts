import type { Revision } from "../../key-value.js";
import type { Message } from "./schema.js";

/** Which cluster answers, and how far it had got: what tells that it was replaced, or restored to an earlier state. */
export class StoreIdentity {
  #clusterId: string;
  #revision: Revision = 0;

  constructor(clusterId: string) {
    this.#clusterId = clusterId;
  }

  get clusterId(): string {
    return this.#clusterId;
  }

  /** The highest revision that an answer has shown. */
  get revision(): Revision {
    return this.#revision;
  }

  /** Notes an answer; tells whether it came from another cluster. */
  isForeign({ clusterId, revision }: Message<"ResponseHeader">): boolean {
    if (clusterId !== this.#clusterId) return true;
    if (revision > this.#revision) this.#revision = revision;
    return false;
  }

  /** Takes what answers now for the store. */
  accept({ clusterId, revision }: Message<"ResponseHeader">): void {
    this.#clusterId = clusterId;
    this.#revision = revision;
  }
}
