import {
  type Received,
  type broadcast,
  type mpsc,
  type oneshot,
  select,
  selector,
  trySelect,
  type watch,
} from "keelson/channels";
import type { MutexGuard, Notify, SemaphorePermit } from "keelson/sync";
import { Mutex, Semaphore } from "keelson/sync";
import type { CancellationToken, Joined, JoinSet, TaskHandle } from "keelson/tasks";
import type { DelayQueue, Expired, Interval, Timer } from "keelson/time";
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

test("a branch that is forgotten is an error", async () => {
  const event = await select({ rx, config, stop });
  if (event.key === "rx" || event.key === "config") return;
  expectTypeOf(event.key).toEqualTypeOf<"stop">();
  // @ts-expect-error `stop` is left
  event satisfies never;
});

test("nothing is known of the value before the key is", async () => {
  const event = await select({ rx, config, stop });
  // @ts-expect-error there is no such branch
  if (event.key === "jobs") return;
  // @ts-expect-error before it is known which branch has won, so is what it gives
  event.value satisfies Job;
});

declare const bell: Notify;
declare const token: CancellationToken;
declare const tick: Interval;
declare const late: Timer;
declare const sessions: DelayQueue<Job>;
declare const joins: JoinSet<string>;
declare const task: TaskHandle<"done">;

test("whatever can be waited for gives its own type", async () => {
  const event = await select({
    rx: rx.orClosed(),
    batch: rx.batch(9),
    sent: tx.sending(() => "x"),
    gone: tx.closing(),
    guard: new Mutex(1).guard(),
    slots: new Semaphore(1).permits(1),
    bell,
    token,
    tick,
    late,
    sessions,
    joins,
    task,
  });
  expectTypeOf(event).toExtend<{ readonly key: string }>();
  type Value<K> = Extract<typeof event, { readonly key: K }>["value"];
  expectTypeOf<Value<"rx">>().toEqualTypeOf<Received<Job>>();
  expectTypeOf<Value<"batch">>().toEqualTypeOf<Job[]>();
  expectTypeOf<Value<"guard">>().toEqualTypeOf<MutexGuard<number>>();
  expectTypeOf<Value<"slots">>().toEqualTypeOf<SemaphorePermit>();
  expectTypeOf<Value<"tick">>().toEqualTypeOf<number>();
  expectTypeOf<Value<"sessions">>().toEqualTypeOf<Expired<Job>>();
  expectTypeOf<Value<"joins">>().toEqualTypeOf<Joined<string>>();
  expectTypeOf<Value<"task">>().toEqualTypeOf<"done">();
  for (const nothing of [] as Value<"sent" | "gone" | "bell" | "token" | "late">[]) expectTypeOf(nothing).toBeVoid();
  // @ts-expect-error what `make` returns is not what the channel takes
  tx.sending(() => 5);
});

test("branches that are left out are not in the union", async () => {
  const event = await select({ rx, off: false, nil: null, undef: undefined });
  expectTypeOf(event).toEqualTypeOf<{ readonly key: "rx"; readonly value: Job }>();
  const maybe = await select({ events: pending ? events : undefined });
  expectTypeOf(maybe.value).toEqualTypeOf<broadcast.Item<"up" | "down">>();
  const none = await select({ off: false, nil: null, undef: undefined }, { orElse: 1 });
  expectTypeOf(none).toEqualTypeOf<{ readonly key: "else"; readonly value: 1 }>();
  const listed = await select([false, rx, null]);
  expectTypeOf(listed).toEqualTypeOf<{ readonly index: 1; readonly value: Job }>();
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
  // @ts-expect-error among others, too
  void select({ rx, 7: config });
  // @ts-expect-error nor may a selector
  void selector({ 0: rx });
  // @ts-expect-error nor trySelect
  trySelect({ 0: rx });
  void select({ rx1: rx, _2: rx });
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
