import type { Duration } from "keelson/core";
import { type ResourceOf, createResourceClient, defineKind, s } from "keelson/resources";
import { memoryStore } from "keelson/store/memory";
import { expectTypeOf, test } from "vitest";

const schema = s.object({
  replicas: s.withDefault(s.integer(), 1),
  image: s.string(),
  pool: s.optional(s.string()),
  period: s.withDefault(s.duration(), "10s"),
  surge: s.union(s.integer(), s.percentage()),
  policy: s.oneOf("Always", "Never"),
  env: s.optional(s.record(s.string())),
  strategy: s.variant("type", { Recreate: s.object({}), Rolling: s.object({ surge: s.withDefault(s.integer(), 1) }) }),
});

interface Output {
  readonly replicas: number;
  readonly image: string;
  readonly pool?: string;
  readonly period: number;
  readonly surge: number | `${number}%`;
  readonly policy: "Always" | "Never";
  readonly env?: Readonly<Record<string, string>>;
  readonly strategy: { readonly type: "Recreate" } | { readonly type: "Rolling"; readonly surge: number };
}

interface Input {
  readonly replicas?: number | undefined;
  readonly image: string;
  readonly pool?: string | undefined;
  readonly period?: Duration | undefined;
  readonly surge: number | `${number}%`;
  readonly policy: "Always" | "Never";
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly strategy: { readonly type: "Recreate" } | { readonly type: "Rolling"; readonly surge?: number | undefined };
}

test("a schema's types: after defaults, and before", () => {
  expectTypeOf<s.Infer<typeof schema>>().branded.toEqualTypeOf<Output>();
  expectTypeOf<s.InferInput<typeof schema>>().branded.toEqualTypeOf<Input>();
});

test("an optional field is of objects only", () => {
  // @ts-expect-error -- an array cannot leave an item out
  s.array(s.optional(s.string()));
  // @ts-expect-error -- a default must be what the schema takes
  s.withDefault(s.integer(), "1");
});

test("a kind takes its types into the client", () => {
  const App = defineKind<s.Infer<typeof schema>, { ready: number }, s.InferInput<typeof schema>>()("App", { schema });
  type App = ResourceOf<typeof App>;
  expectTypeOf<App["spec"]["replicas"]>().toEqualTypeOf<number>();
  expectTypeOf<App["status"]>().toEqualTypeOf<{ ready: number } | undefined>();
  const client = createResourceClient(memoryStore(), { kinds: [App] });
  const get = () => client.get(App, "web");
  expectTypeOf(get).returns.resolves.toEqualTypeOf<App | undefined>();
  const update = (app: App) => client.update(app, ({ spec }) => void (spec.replicas = 2));
  expectTypeOf(update).returns.resolves.toEqualTypeOf<App>();
  // @ts-expect-error -- the image is missing
  const incomplete = () => client.create(App, { metadata: { name: "web" }, spec: { policy: "Always", surge: 1 } });
  // @ts-expect-error -- there is no such field in the status
  const misspelt = (app: App) => client.patchStatus(app, { redy: 1 });
  expectTypeOf(incomplete).toBeFunction();
  expectTypeOf(misspelt).toBeFunction();
});

test("a kind without a schema takes its spec as it is", () => {
  const Zone = defineKind<{ region: string }>()("Zone");
  const client = createResourceClient(memoryStore());
  const get = () => client.get(Zone, "north");
  expectTypeOf(get).returns.resolves.toEqualTypeOf<ResourceOf<typeof Zone> | undefined>();
  expectTypeOf<ResourceOf<typeof Zone>["spec"]>().toEqualTypeOf<{ region: string }>();
});
