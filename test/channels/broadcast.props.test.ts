import { fc, test } from "@fast-check/vitest";
import { broadcast } from "keelson/channels";
import { describe, expect } from "vitest";
import { runs } from "../support/deep.js";

type Step =
  | { readonly kind: "send" | "subscribe" }
  | { readonly kind: "tryRecv" | "recv" | "close" | "abort"; readonly at: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Step>({ kind: "send" }) },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: "subscribe" }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("tryRecv" as const), at: fc.nat(9) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("recv" as const), at: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("abort" as const), at: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("close" as const), at: fc.nat(9) }) },
);

describe("broadcast", () => {
  test.prop([fc.integer({ min: 1, max: 6 }), fc.array(step, { maxLength: 120 })], { numRuns: runs(2000) })(
    "what a receiver got and what it missed is, in order, all that was sent while it was open",
    async (capacity, steps) => {
      const [tx, first] = broadcast.channel<number>(capacity);
      const receivers = [{ rx: first, next: 0, open: true }];
      const aborts: AbortController[] = [];
      let sent = 0;
      const account = (
        receiver: { next: number },
        result: { ok: true; value: number } | { ok: false; reason: string; missed?: number },
      ): void => {
        if (result.ok) {
          expect(result.value).toBe(receiver.next);
          receiver.next += 1;
        } else if (result.missed !== undefined) {
          receiver.next += result.missed;
          expect(sent - receiver.next).toBeLessThanOrEqual(capacity);
        }
      };
      for (const action of steps) {
        const receiver = "at" in action ? receivers[action.at % receivers.length] : undefined;
        switch (action.kind) {
          case "send": {
            const open = receivers.filter((each) => each.open).length;
            expect(tx.send(sent)).toBe(open);
            if (open > 0) sent += 1;
            break;
          }
          case "subscribe":
            receivers.push({ rx: tx.subscribe(), next: sent, open: true });
            break;
          case "tryRecv":
            if (receiver !== undefined) account(receiver, receiver.rx.tryRecv());
            break;
          case "recv": {
            const abort = new AbortController();
            aborts.push(abort);
            receiver?.rx.recv({ signal: abort.signal }).then(
              (result) => {
                account(receiver, result);
              },
              () => undefined,
            );
            break;
          }
          case "abort":
            aborts[action.at]?.abort();
            break;
          case "close":
            if (receiver !== undefined) {
              receiver.rx.close();
              receiver.open = false;
            }
        }
        await new Promise((resolve) => setImmediate(resolve));
        for (const each of receivers) if (each.open) expect(each.rx.length).toBe(sent - each.next);
        const behind = Math.max(0, ...receivers.filter((each) => each.open).map((each) => sent - each.next));
        expect(tx.length).toBe(Math.min(capacity, behind));
      }
    },
  );
});
