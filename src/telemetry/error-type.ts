/** What `error.type` says of a failure: its code, else its class; empty without one. Never its message. */
export function errorType(error: unknown): string {
  if (error === undefined) return "";
  if (!(error instanceof Error)) return typeof error;
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}
