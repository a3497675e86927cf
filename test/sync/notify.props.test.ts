import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { systemRuntime } from "keelson/core";
import { Notify } from "keelson/sync";

const step = fc.oneof(
  fc.record({ kind: fc.constantFrom("wait" as const, "one" as const, "last" as const, "all" as const) }),
  fc.record({ kind: fc.constant("abort" as const), which: fc.nat(20) }),
);

test.prop([fc.array(step, { maxLength: 60 })])("against a queue and one stored permit", async (steps) => {
  const notify = new Notify();
  const woken: number[] = [];
  const expected: number[] = [];
  const queue: { readonly id: number; readonly controller: AbortController }[] = [];
  let isStored = false;
  let ids = 0;
  for (const action of steps) {
    switch (action.kind) {
      case "wait": {
        const id = ids++;
        const controller = new AbortController();
        void notify.notified({ signal: controller.signal }).then(
          () => woken.push(id),
          () => undefined,
        );
        if (isStored) expected.push(id);
        else queue.push({ id, controller });
        isStored = false;
        break;
      }
      case "one":
      case "last": {
        const next = action.kind === "one" ? queue.shift() : queue.pop();
        if (next === undefined) isStored = true;
        else expected.push(next.id);
        if (action.kind === "one") notify.notifyOne();
        else notify.notifyLast();
        break;
      }
      case "all":
        expected.push(...queue.splice(0).map(({ id }) => id));
        notify.notifyWaiters();
        break;
      case "abort":
        for (const { controller } of queue.splice(action.which % Math.max(1, queue.length), 1)) controller.abort();
    }
    await systemRuntime().yieldNow();
    expect(woken).toEqual(expected);
  }
});
