/**
 * What stands for `@fast-check/vitest` where vitest does not run.
 *
 * @module
 */
import fc from "fast-check";
import { test as plain } from "./vitest-shim.js";

export { default as fc } from "fast-check";

type Property = (...values: readonly unknown[]) => unknown;
type Parameters = fc.Parameters<unknown[]>;

function prop(arbitraries: readonly fc.Arbitrary<unknown>[], parameters?: Parameters) {
  return (name: string, ...rest: readonly unknown[]): void => {
    const property = rest.find((part) => typeof part === "function") as Property;
    plain(name, async () => {
      const law = fc.asyncProperty(fc.tuple(...arbitraries), async (values) => {
        await property(...values);
      });
      await fc.assert(law as never, parameters as never);
    });
  };
}

export const test: typeof plain & { readonly prop: typeof prop } = Object.assign(plain, { prop });
