import { describe, test } from "vitest";
import { namespaced } from "keelson/store";
import { memoryStore } from "keelson/store/memory";
import { storeConformance, virtualTime } from "keelson/testing";

/** Runs a test on a clock that jumps whenever nothing else can happen. */
function virtually(name: string, body: () => Promise<void>): void {
  test(name, async () => {
    using _time = virtualTime({ autoAdvance: true });
    await body();
  });
}

describe("the memory store", () => {
  storeConformance({ test: virtually, open: () => memoryStore() });
});

describe("a namespaced view of it", () => {
  storeConformance({
    test: virtually,
    open: () => namespaced(memoryStore(), "/view/"),
    skip: [
      { reason: "the prefix takes some of them", tests: ["keys: a key may have 1,024 bytes"] },
      { reason: "leases are the whole store's", tests: ["closing: closing it ends this side of its leases"] },
    ],
  });
});
