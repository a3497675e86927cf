import { KeelsonError } from "../core/errors.js";

/**
 * How a hold ended: its time was over before a renewal was answered, the store no longer knew it, or it was given back.
 */
export type LeaseLoss = "expired" | "gone" | "released";

const because: Readonly<Record<LeaseLoss, string>> = {
  expired: "it was not renewed in time",
  gone: "the store no longer has it",
  released: "it was given back",
};

/**
 * What was held is held no longer: stop what depends on it. It is also the reason with which signals of terms and locks
 * abort.
 *
 * @example
 * ```ts
 * import { LeaseLostError } from "keelson/cluster";
 *
 * const error = new LeaseLostError({ key: "/locks/deploy", loss: "expired" });
 * error.code // => "LEASE_LOST"
 * error.message // => 'the lease on "/locks/deploy" is over: it was not renewed in time'
 * ```
 */
export class LeaseLostError extends KeelsonError {
  override readonly name = "LeaseLostError";
  readonly code = "LEASE_LOST";
  /** What was held. */
  readonly key: string;
  /** How it ended. */
  readonly loss: LeaseLoss;

  /** Says what was held, and how that ended. */
  constructor({ key, loss }: { readonly key: string; readonly loss: LeaseLoss }, options?: ErrorOptions) {
    super(`the lease on ${JSON.stringify(key)} is over: ${because[loss]}`, options);
    this.key = key;
    this.loss = loss;
  }
}
