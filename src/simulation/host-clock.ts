import { checkKnown, checkNumber } from "../core/check.js";
import { epoch } from "../core/virtual-timers.js";

/** How a host's clocks differ from the world's. */
export interface ClockOptions {
  /** Milliseconds by which its wall clock is ahead; negative when behind. @defaultValue `0` */
  readonly offset?: number;
  /** By how much its clocks run faster: `0.01` gains 10 ms each second, `-0.01` loses them. @defaultValue `0` */
  readonly drift?: number;
}

/** A host's clocks: drift acts on both, the offset on the wall clock only. */
export class HostClock {
  readonly #worldNow: () => number;
  #offset: number;
  #rate: number;
  /** World time at which the rate last changed, and the host's own time then. */
  #since = 0;
  #reached = 0;
  #bootedAt = 0;

  constructor(worldNow: () => number, options: ClockOptions) {
    checkKnown("clock", options, { offset: true, drift: true });
    const { offset = 0, drift = 0 } = options;
    checkNumber("clock.offset", offset, -Number.MAX_VALUE);
    checkNumber("clock.drift", drift, -0.9, 9);
    this.#worldNow = worldNow;
    this.#offset = offset;
    this.#rate = 1 + drift;
  }

  get drift(): number {
    return this.#rate - 1;
  }

  /** Milliseconds since the host last booted, as it sees them. */
  now(): number {
    return this.#elapsed() - this.#bootedAt;
  }

  wallNow(): number {
    return epoch + this.#elapsed() + this.#offset;
  }

  /** The world's time at which `ms` more will have passed here, never early by this clock. */
  worldTimeIn(ms: number): number {
    const deadline = this.now() + ms;
    let at = this.#worldNow() + ms / this.#rate;
    while (this.#elapsedAt(at) - this.#bootedAt < deadline && at < Number.MAX_VALUE)
      at += Math.max(1e-9, at * 2 ** -51);
    return at;
  }

  /** Begins the monotonic clock anew, as a process does. */
  boot(): void {
    this.#bootedAt = this.#elapsed();
  }

  skew(ms: number): void {
    this.#offset += ms;
  }

  setDrift(drift: number): void {
    checkNumber("drift", drift, -0.9, 9);
    this.#reached = this.#elapsed();
    this.#since = this.#worldNow();
    this.#rate = 1 + drift;
  }

  #elapsed(): number {
    return this.#elapsedAt(this.#worldNow());
  }

  #elapsedAt(worldTime: number): number {
    return this.#reached + (worldTime - this.#since) * this.#rate;
  }
}
