import { existsSync, readFileSync } from "node:fs";

const accounts = "/proc/thread-self/schedstat";
const isKept = existsSync(accounts);

/**
 * A clock in milliseconds that stands still while this thread is ready to run and has to wait for a processor, where the
 * system counts that: what it measures is the program, not how busy the machine is.
 */
export function ownMs(): number {
  if (!isKept) return performance.now();
  // Both clocks at one instant: a wait between the two readings would be taken off before it has passed.
  for (let waited = waitedMs(); ;) {
    const now = performance.now();
    const before = waited;
    waited = waitedMs();
    if (waited === before) return now - waited;
  }
}

function waitedMs(): number {
  const [, waitedNs] = readFileSync(accounts, "utf8").split(" ");
  return Number(waitedNs) / 1e6;
}
