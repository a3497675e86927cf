/**
 * The steps of a shutdown, in order: stop being found, stop taking work, finish what was taken, give back what is held
 * in the name of this process, close connections, send what is left of telemetry.
 */
export const shutdownPhases = ["notReady", "stopIntake", "drain", "release", "close", "flush"] as const;

/** One step of a shutdown; see {@link shutdownPhases}. */
export type ShutdownPhase = (typeof shutdownPhases)[number];
