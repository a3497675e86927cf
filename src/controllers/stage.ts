import { LinkedSignal } from "../core/linked-signal.js";

/** What of a manager starts and ends together. */
export class Stage {
  readonly #link = new LinkedSignal();
  readonly #works: Promise<void>[] = [];

  /** Aborts when it is to end. */
  get signal(): AbortSignal {
    return this.#link.signal;
  }

  /** Adds work that ends once the signal aborts, and whose failures are dealt with. */
  add(work: Promise<void>): void {
    this.#works.push(work);
  }

  /** Tells everything to end. */
  abort(reason: unknown): void {
    this.#link.abort(reason);
  }

  /** Tells everything to end, and resolves once it has. */
  async end(reason: unknown): Promise<void> {
    this.abort(reason);
    await Promise.all(this.#works);
  }
}
