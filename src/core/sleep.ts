import type { Runtime, TimerHandle } from "./runtime.js";
import { PENDING, type Source, type Waiter } from "./selectable.js";
import { wait } from "./wait.js";

/**
 * The one sleep behind every runtime's.
 *
 * @internal
 */
export function sleepOn(
  runtime: Runtime,
  ms: number,
  options?: { readonly signal?: AbortSignal | undefined },
): Promise<void> {
  return wait(runtime, "sleep", alarm(runtime, ms), options);
}

function alarm(runtime: Runtime, ms: number): Source<void> {
  let timer: TimerHandle | undefined;
  return {
    poll: () => PENDING,
    arm(waiter: Waiter<void>) {
      timer = runtime.timer(
        ms,
        () => {
          waiter.commit();
        },
        "sleep",
      );
    },
    disarm() {
      timer?.[Symbol.dispose]();
    },
  };
}
