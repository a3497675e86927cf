import { describe } from "vitest";

/** Runs a suite unless something is `missing`; otherwise skips it and the end of the run says why. */
export function describeUnless(missing: string | undefined, name: string, body: () => void): void {
  if (missing === undefined) describe(name, body);
  else describe.skip(`${name} (${missing})`, body);
}
