import { test } from "node:test";
import { simTest } from "keelson/simulation";

simTest("isn't it [x] (costs $5)", { test, runs: 1 }, () => {
  throw new Error("boom");
});

test("another one", () => {});
