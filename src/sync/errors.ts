import { KeelsonError } from "../core/errors.js";

/**
 * The semaphore was closed: it grants no permits any more.
 *
 * @example
 * ```ts
 * import { Semaphore, SemaphoreClosedError } from "keelson/sync";
 *
 * const slots = new Semaphore(0);
 * slots.close();
 * await slots.acquire(); // throws SemaphoreClosedError
 * ```
 */
export class SemaphoreClosedError extends KeelsonError {
  override readonly name = "SemaphoreClosedError";
  readonly code = "SEMAPHORE_CLOSED";

  constructor(options?: ErrorOptions) {
    super("the semaphore is closed", options);
  }
}
