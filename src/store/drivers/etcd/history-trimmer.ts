import type { TimerHandle } from "../../../core/runtime.js";
import { Retention, type RetentionOptions } from "../shared/retention.js";
import type { EtcdBackend } from "./etcd-backend.js";

const lookEveryMs = 60_000;

/** Looks from time to time how much history there is, and discards what is too old. */
export class HistoryTrimmer implements Disposable {
  readonly #backend: EtcdBackend;
  readonly #retention: Retention;
  readonly #timer: TimerHandle;
  #isDisposed = false;

  constructor(backend: EtcdBackend, options: RetentionOptions) {
    const { runtime } = backend.parts;
    this.#backend = backend;
    const trim = (revision: number): void => {
      backend.compact(revision).catch((error: unknown) => {
        runtime.report(error, { task: "store.etcd retention" });
      });
    };
    this.#retention = new Retention(runtime, backend, { revisions: 1_000_000, ...options }, trim);
    const look = (): void => {
      void this.#look();
    };
    this.#timer = runtime.timer(lookEveryMs, look, "store.etcd retention");
    this.#timer.unref();
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#timer[Symbol.dispose]();
    this.#retention[Symbol.dispose]();
  }

  async #look(): Promise<void> {
    // What can't be reached is looked at later.
    const isReached = await this.#backend.reach({}).then(
      () => true,
      () => false,
    );
    if (this.#isDisposed) return;
    if (isReached) this.#retention.grown();
    this.#timer.reset(lookEveryMs);
  }
}
