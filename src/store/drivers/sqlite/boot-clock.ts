import { readFileSync } from "node:fs";
// The machine's clock, not the runtime's: every process that opens the file has to read the same one.
import { hrtime } from "node:process";

/** A clock that all processes of one machine share, and that starts anew when the machine does. */
export interface BootClock {
  /** Which start of the machine this is; `"unknown"` where it can't be told. */
  readonly bootId: string;
  /** Milliseconds since some moment of this start. */
  now(): number;
}

/** The clock of this machine. */
export function bootClock(): BootClock {
  return { bootId: readBootId(), now: () => Number(hrtime.bigint()) / 1e6 };
}

function readBootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "unknown"; // a lease granted "later than now" tells a restart, too
  }
}
