/** The name of a signal, such as `"SIGTERM"`. */
export type SignalName = `SIG${string}`;

/** Why a process shuts down. */
export type ShutdownReason =
  | { readonly kind: "signal"; readonly signal: SignalName }
  | {
      readonly kind: "error";
      readonly error: unknown;
      readonly origin: "uncaughtException" | "unhandledRejection";
    }
  | { readonly kind: "manual"; readonly message?: string }
  | { readonly kind: "parent"; readonly reason: unknown };

/** A reason as part of a sentence. */
export function describeReason(reason: ShutdownReason): string {
  switch (reason.kind) {
    case "signal":
      return reason.signal;
    case "error":
      return reason.origin;
    case "manual":
      return reason.message ?? "on request";
    case "parent":
      return "its parent stopped";
  }
}
