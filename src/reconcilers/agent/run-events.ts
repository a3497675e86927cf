import { mpsc } from "../../channels/index.js";
import { onAbort } from "../../core/abort-hub.js";
import type { Runtime, WaitOptions } from "../../core/index.js";
import type { RunEvent } from "./workload-runtime.js";

/**
 * Tells everybody who listens of the end of each run.
 *
 * @internal
 */
export class RunEvents {
  readonly #runtime: Runtime;
  readonly #listeners = new Set<mpsc.UnboundedSender<RunEvent>>();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  tell(event: RunEvent): void {
    for (const listener of this.#listeners) {
      if (listener.isClosed)
        this.#listeners.delete(listener); // whoever listened has left the loop
      else listener.send(event);
    }
  }

  /** Everything told from this call on. */
  listen({ signal }: Pick<WaitOptions, "signal"> = {}): AsyncIterable<RunEvent> {
    const [sender, receiver] = mpsc.unbounded<RunEvent>({ runtime: this.#runtime });
    this.#listeners.add(sender);
    const end = (): void => {
      this.#listeners.delete(sender);
      sender.close();
    };
    if (signal?.aborted === true) end();
    else if (signal !== undefined) onAbort(signal, { aborted: end });
    return receiver;
  }
}
