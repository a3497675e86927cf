import { type broadcast, type mpsc, type oneshot, select, selector, trySelect, type watch } from "keelson/channels";
import { expectTypeOf, test } from "vitest";

interface Job {
  readonly id: number;
}
declare const rx: mpsc.Receiver<Job>;
declare const tx: mpsc.Sender<string>;
declare const config: watch.Receiver<{ level: string }>;
declare const events: broadcast.Receiver<"up" | "down">;
declare const reply: oneshot.Receiver<number>;
declare const stop: AbortSignal;
declare const answer: Promise<42>;
declare const items: AsyncIterator<"x" | "y">;
declare const pending: boolean;

test("an event is a union told apart by its key", async () => {
  const event = await select({
    rx,
    config,
    room: pending && tx.permit(),
    reply,
    stop,
    answer,
    items,
    off: false,
    nil: null,
  });
  switch (event.key) {
    case "rx":
      expectTypeOf(event.value).toEqualTypeOf<Job>();
      break;
    case "config":
      expectTypeOf(event.value).toEqualTypeOf<{ level: string }>();
      break;
    case "room":
      expectTypeOf(event.value).toEqualTypeOf<mpsc.Permit<string>>();
      break;
    case "reply":
      expectTypeOf(event.value).toEqualTypeOf<number>();
      break;
    case "stop":
      expectTypeOf(event.value).toEqualTypeOf<unknown>();
      break;
    case "answer":
      expectTypeOf(event.value).toEqualTypeOf<42>();
      break;
    case "items":
      expectTypeOf(event.value).toEqualTypeOf<"x" | "y">();
      break;
    default:
      expectTypeOf(event).toEqualTypeOf<never>();
  }
});

test("branches that are left out are not in the union", async () => {
  const event = await select({ rx, off: false, nil: null, undef: undefined });
  expectTypeOf(event).toEqualTypeOf<{ readonly key: "rx"; readonly value: Job }>();
  const maybe = await select({ events: pending ? events : undefined });
  expectTypeOf(maybe.value).toEqualTypeOf<broadcast.Item<"up" | "down">>();
});

test("orElse adds a member", async () => {
  const event = await select({ rx }, { orElse: "nothing" });
  if (event.key === "else") expectTypeOf(event.value).toEqualTypeOf<"nothing">();
  else expectTypeOf(event.value).toEqualTypeOf<Job>();
});

test("an array gives an index", async () => {
  const event = await select([rx, config]);
  if (event.index === 0) expectTypeOf(event.value).toEqualTypeOf<Job>();
  else expectTypeOf(event.value).toEqualTypeOf<{ level: string }>();
  const many: readonly mpsc.Receiver<Job>[] = [rx];
  const any = await select(many);
  expectTypeOf(any).toEqualTypeOf<{ readonly index: number; readonly value: Job }>();
});

test("names that look like integers, and what cannot be waited for, are refused", () => {
  // @ts-expect-error JavaScript would reorder it
  void select({ 0: rx });
  // @ts-expect-error as a string, too
  void select({ "12": rx });
  // @ts-expect-error a number is nothing to wait for
  void select({ n: 5 });
  // @ts-expect-error a function is not, either
  void select({ rx, f: () => rx });
});

test("a selector and trySelect infer the same", async () => {
  using sel = selector({ rx, tick: config });
  expectTypeOf(sel.next()).resolves.toEqualTypeOf<
    { readonly key: "rx"; readonly value: Job } | { readonly key: "tick"; readonly value: { level: string } }
  >();
  for await (const event of sel) expectTypeOf(event.key).toEqualTypeOf<"rx" | "tick">();
  sel.enable("tick", false);
  // @ts-expect-error there is no such branch
  sel.enable("tock", true);
  sel.set("rx", rx);
  sel.set("rx", null);
  // @ts-expect-error gives something else
  sel.set("rx", config);
  expectTypeOf(trySelect({ rx })).toEqualTypeOf<{ readonly key: "rx"; readonly value: Job } | undefined>();
});
