import { existsSync, readFileSync } from "node:fs";

const accounts = "/proc/thread-self/schedstat";
const isKept = existsSync(accounts);

/**
 * A clock in milliseconds that stands still while this thread is ready to run and has to wait for a processor, where the
 * system counts that: what it measures is the program, not how busy the machine is.
 */
export function ownMs(): number {
  const now = performance.now();
  if (!isKept) return now;
  const [, waitedNs] = readFileSync(accounts, "utf8").split(" ");
  return now - Number(waitedNs) / 1e6;
}
