import { env } from "node:process";

/** How many schedules, seeds or cases to run: all `full` of them in a deep run, otherwise a tenth, or another `share`. */
export function runs(full: number, share: number = 1 / 10): number {
  return env["KEELSON_DEEP"] === "1" ? full : Math.ceil(full * share);
}
