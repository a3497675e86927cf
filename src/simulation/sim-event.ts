import type { Wakeable } from "../core/runtime.js";
import type { HostRuntime } from "./host-runtime.js";

/** What a priority is given to under the order `pct`: waits that follow one another, roughly a task. */
export interface Chain {
  priority: number;
}

/** Something that may happen now, on one run of one host. */
export class SimEvent {
  readonly runtime: HostRuntime;
  readonly action: Wakeable;
  readonly chain: Chain | undefined;
  /** For a timer, which setting of it this is; it is void once the timer was set anew or disposed. */
  readonly timer: { readonly order: number } | undefined;
  readonly #order: number;

  constructor(runtime: HostRuntime, action: Wakeable, chain: Chain | undefined, timer?: { readonly order: number }) {
    this.runtime = runtime;
    this.action = action;
    this.chain = chain;
    this.timer = timer;
    this.#order = timer?.order ?? 0;
  }

  get isVoid(): boolean {
    return !this.runtime.isAlive || (this.timer !== undefined && this.timer.order !== this.#order);
  }
}
