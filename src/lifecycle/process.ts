import { constants } from "node:os";
import nodeProcess from "node:process";
import { checkArray, checkOneOf } from "../core/check.js";
import type { SignalName } from "./reason.js";

/** What a lifecycle needs of its process; a test brings its own. */
export interface ProcessLike {
  /** Calls `listener` at each signal, or for each error that nobody caught. */
  on(event: ProcessEvent, listener: (argument: unknown) => void): void;
  /** Undoes {@link ProcessLike.on}. */
  off(event: ProcessEvent, listener: (argument: unknown) => void): void;
  /** Ends the process. */
  exit(code: number): void;
}

/** What a lifecycle listens to. */
export type ProcessEvent = SignalName | "uncaughtException" | "unhandledRejection";

/** The process that this code runs in. */
export const thisProcess: ProcessLike = {
  on: (event, listener) => {
    nodeProcess.on(event as NodeJS.Signals, listener);
  },
  off: (event, listener) => {
    nodeProcess.off(event, listener);
  },
  exit: (code) => {
    nodeProcess.exit(code);
  },
};

/** The exit code of a process that a signal ended: 128 and its number, as shells have it. */
export function signalExitCode(signal: SignalName): number {
  const numbers: Readonly<Record<string, number>> = constants.signals;
  return 128 + (numbers[signal] ?? 0);
}

/** Signals that end or stop a process without asking it. */
const deaf: ReadonlySet<string> = /* @__PURE__ */ new Set(["SIGKILL", "SIGSTOP"]);

/** Refuses everything but an array of signals that this platform has, and that can be listened to. */
export function checkSignals(signals: readonly SignalName[]): void {
  checkArray("signals", signals);
  const audible = Object.keys(constants.signals).filter((signal) => !deaf.has(signal));
  for (const signal of signals) checkOneOf("signals", signal, audible);
}
