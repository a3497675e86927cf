import { env } from "node:process";

/** How many schedules, seeds or cases to run: all `full` of them in a deep run, otherwise a tenth. */
export function runs(full: number): number {
  return env["KEELSON_DEEP"] === "1" ? full : Math.ceil(full / 10);
}
