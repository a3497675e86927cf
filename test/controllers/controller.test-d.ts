import { expectTypeOf, test } from "vitest";
import { defineController } from "keelson/controllers";
import { defineKind } from "keelson/resources";

const Site = defineKind<{ host: string }, { at: number }>()("Site");
declare const isOwner: boolean;

test("the kind says what spec and status are, also where it depends whether there is a finalizer", () => {
  defineController({
    for: Site,
    reconcile(site) {
      expectTypeOf(site.spec.host).toEqualTypeOf<string>();
      expectTypeOf(site.status?.at).toEqualTypeOf<number | undefined>();
      return undefined;
    },
    finalize: isOwner
      ? {
          name: "example.dev/dns",
          cleanup(site) {
            expectTypeOf(site.spec.host).toEqualTypeOf<string>();
            return undefined;
          },
        }
      : undefined,
  });
});
