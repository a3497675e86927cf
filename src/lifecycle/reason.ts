/** The name of a signal, such as `"SIGTERM"`. */
export type SignalName = `SIG${string}`;

/** Where an error came up that shuts down; `"consumer"`: in a loop that reads a channel which a drain is to close. */
export type CrashOrigin = "uncaughtException" | "unhandledRejection" | "consumer";

/** Why a process shuts down. */
export type ShutdownReason =
  | { readonly kind: "signal"; readonly signal: SignalName }
  | { readonly kind: "error"; readonly error: unknown; readonly origin: CrashOrigin }
  | { readonly kind: "manual"; readonly message?: string }
  | { readonly kind: "parent"; readonly reason: unknown };

/** A reason as part of a sentence. */
export function describeReason(reason: ShutdownReason): string {
  switch (reason.kind) {
    case "signal":
      return reason.signal;
    case "error":
      return reason.origin === "consumer" ? "a consumer failed" : reason.origin;
    case "manual":
      return reason.message ?? "on request";
    case "parent":
      return "its parent stopped";
  }
}
