import { KeelsonError } from "../core/errors.js";

/**
 * A simulation failed. The message has everything needed to see why and to run it again: what went wrong, seed, event,
 * virtual time, trace hash, the last events, and the command that replays it; `cause` is the error itself.
 *
 * @example
 * ```ts
 * import { isKeelsonError } from "keelson/core";
 * import { simulate } from "keelson/simulation";
 *
 * const failed = await simulate({ seed: 7 }, () => { throw new Error("overdraft"); }).catch((error: unknown) => error);
 * isKeelsonError(failed, "SIMULATION_FAILED") // => true
 * String(failed).split("\n")[0] // => "SimulationError: the test failed: overdraft"
 * ```
 */
export class SimulationError extends KeelsonError {
  override readonly name = "SimulationError";
  readonly code = "SIMULATION_FAILED";
  /** The seed that brings it back. */
  readonly seed: number;
  /** How many events had run. */
  readonly events: number;
  /** Virtual milliseconds that had passed. */
  readonly virtualMs: number;
  /** Fingerprint of every event up to there. */
  readonly traceHash: string;

  constructor(
    message: string,
    at: { readonly seed: number; readonly events: number; readonly virtualMs: number; readonly traceHash: string },
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.seed = at.seed;
    this.events = at.events;
    this.virtualMs = at.virtualMs;
    this.traceHash = at.traceHash;
  }
}

/**
 * A property registered with `always` did not hold.
 *
 * @example
 * ```ts
 * import { InvariantError } from "keelson/simulation";
 *
 * new InvariantError("one leader").message // => "always \"one leader\" was broken"
 * ```
 */
export class InvariantError extends KeelsonError {
  override readonly name = "InvariantError";
  readonly code = "SIMULATION_INVARIANT";

  constructor(property: string, options?: ErrorOptions) {
    super(`always "${property}" was broken`, options);
  }
}

/**
 * A property registered with `eventually` did not come true in time, or the test did not end in time.
 *
 * @example
 * ```ts
 * import { LivenessError } from "keelson/simulation";
 *
 * new LivenessError("eventually \"job done\" did not come true").code // => "SIMULATION_LIVENESS"
 * ```
 */
export class LivenessError extends KeelsonError {
  override readonly name = "LivenessError";
  readonly code = "SIMULATION_LIVENESS";
}

/**
 * Nothing can happen any more, and somebody still waits.
 *
 * @example
 * ```ts
 * import { DeadlockError } from "keelson/simulation";
 *
 * new DeadlockError("nothing can happen any more").code // => "SIMULATION_DEADLOCK"
 * ```
 */
export class DeadlockError extends KeelsonError {
  override readonly name = "DeadlockError";
  readonly code = "SIMULATION_DEADLOCK";
}

/**
 * Two runs of one seed differed: something in a host asks the real world.
 *
 * @example
 * ```ts
 * import { NondeterminismError } from "keelson/simulation";
 *
 * new NondeterminismError("two runs differ").code // => "SIMULATION_NONDETERMINISM"
 * ```
 */
export class NondeterminismError extends KeelsonError {
  override readonly name = "NondeterminismError";
  readonly code = "SIMULATION_NONDETERMINISM";
}

/**
 * A host asked the real world for time or chance, and `ambient` is `"throw"`; the stack says where.
 *
 * @example
 * ```ts
 * import { AmbientUseError } from "keelson/simulation";
 *
 * new AmbientUseError("Date.now()", "api").code // => "SIMULATION_AMBIENT"
 * ```
 */
export class AmbientUseError extends KeelsonError {
  override readonly name = "AmbientUseError";
  readonly code = "SIMULATION_AMBIENT";

  constructor(call: string, host: string, options?: ErrorOptions) {
    super(
      `host "${host}" called ${call}, which no seed controls; use the runtime's, ` +
        `or simulate with ambient: "virtual" (redirects it) or "allow" (leaves it)`,
      options,
    );
  }
}

/**
 * Something asked for the ambient runtime, or used a host's, while no simulated host had its turn.
 *
 * @example
 * ```ts
 * import { SimulationEscapeError } from "keelson/simulation";
 *
 * new SimulationEscapeError("currentRuntime()").code // => "SIMULATION_ESCAPE"
 * ```
 */
export class SimulationEscapeError extends KeelsonError {
  override readonly name = "SimulationEscapeError";
  readonly code = "SIMULATION_ESCAPE";

  constructor(call: string, options?: ErrorOptions) {
    super(
      `${call} was used outside every simulated host: by a callback of the real world (a raw timer, a socket), ` +
        `or inside runtime.real()`,
      options,
    );
  }
}

/**
 * A primitive of one simulated host was used by another: real hosts share no memory.
 *
 * @example
 * ```ts
 * import { ForeignHostError } from "keelson/simulation";
 *
 * new ForeignHostError("mpsc.recv", "api", "worker").code // => "SIMULATION_FOREIGN_HOST"
 * ```
 */
export class ForeignHostError extends KeelsonError {
  override readonly name = "ForeignHostError";
  readonly code = "SIMULATION_FOREIGN_HOST";

  constructor(what: string, owner: string, user: string, options?: ErrorOptions) {
    const hint =
      user === "test" || owner === "test"
        ? `. The test is a host of its own: let it watch plain variables, wait with sim.until, or talk through sim.net`
        : `. Real hosts share no memory: let them talk through host.net`;
    super(`host "${user}" used what host "${owner}" made (${what})${hint}`, options);
  }
}

/** Why a simulated request got no answer. */
export type NetworkFailure = "refused" | "reset" | "remote";

/**
 * A simulated request failed: nobody serves there (`refused`), the connection broke while it was under way (`reset`),
 * or the handler threw (`remote`). A lost message is silence, not an error: give requests a timeout.
 *
 * @example
 * ```ts
 * import { NetworkError } from "keelson/simulation";
 *
 * new NetworkError("refused", "nobody serves \"store.get\" on store").failure // => "refused"
 * ```
 */
export class NetworkError extends KeelsonError {
  override readonly name = "NetworkError";
  readonly code = "SIMULATION_NETWORK";
  /** What happened. */
  readonly failure: NetworkFailure;

  constructor(failure: NetworkFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
  }
}
