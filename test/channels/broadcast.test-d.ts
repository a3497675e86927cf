import type { broadcast } from "keelson/channels";
import { expectTypeOf, test } from "vitest";

declare const events: broadcast.Receiver<"up" | "down">;
declare const quiet: boolean;

test("lags are items only where they are asked for", () => {
  expectTypeOf(events.messages({ lag: "report" })).toEqualTypeOf<AsyncIterable<broadcast.Item<"up" | "down">>>();
  expectTypeOf(events.messages({})).toEqualTypeOf<AsyncIterable<"up" | "down">>();
  expectTypeOf(events.messages({ lag: quiet ? "skip" : undefined })).toEqualTypeOf<AsyncIterable<"up" | "down">>();
});
