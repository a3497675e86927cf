import { type Controller, type Manager, createManager } from "../controllers/index.js";
import type { Logger, Runtime } from "../core/index.js";
import type { StateStore } from "../store/index.js";
import { ControllerStore } from "./controller-store.js";

/** What a controller in a harness runs on. */
export interface HarnessParts {
  readonly runtime: Runtime;
  readonly store: StateStore;
  /** Makes the log of one start; what it is told after a crash nobody could have written. */
  readonly log: (isOver: () => boolean) => Logger;
  /** Takes what no controller may fail with. */
  readonly failed: (error: unknown) => void;
}

/** One start of a controller, up to its crash. */
interface Life {
  readonly manager: Manager;
  readonly running: Promise<void>;
  stop(): void;
  crash(): void;
}

/** A controller that can crash: it runs alone in its manager, on a store of which a crash cuts it off. */
export class HarnessController {
  readonly store: ControllerStore;
  readonly #make: () => Controller;
  readonly #parts: HarnessParts;
  #life: Life;

  constructor(make: () => Controller, parts: HarnessParts) {
    this.#make = make;
    this.#parts = parts;
    this.store = new ControllerStore(parts.store, parts.runtime);
    this.#life = this.#start();
  }

  get manager(): Manager {
    return this.#life.manager;
  }

  /**
   * Ends it in the middle of whatever it does, as the end of its process would, and starts it again. What it still
   * waits for never comes: nobody waits for it either.
   */
  crash(): void {
    this.#life.crash();
    this.#life = this.#start();
  }

  /** Ends it in order. */
  async stop(): Promise<void> {
    this.#life.stop();
    await this.#life.running;
  }

  #start(): Life {
    const { runtime, log, failed } = this.#parts;
    const stop = new AbortController();
    let isCrashed = false;
    const isOver = (): boolean => isCrashed;
    const manager = createManager({
      store: this.store.life(isOver),
      controllers: [this.#make()],
      runtime,
      log: log(isOver),
    });
    const running = manager.run(stop.signal).catch((error: unknown) => {
      if (!isCrashed) failed(error);
    });
    return {
      manager,
      running,
      stop() {
        stop.abort(new Error("the harness ends"));
      },
      crash() {
        isCrashed = true;
        stop.abort(new Error("the controller crashed, as planned"));
      },
    };
  }
}
