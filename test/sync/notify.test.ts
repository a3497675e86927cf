import { expect, test } from "vitest";
import { PENDING } from "keelson/core";
import { Notify } from "keelson/sync";
import { armed } from "../support/armed.js";
import { settled } from "../support/settled.js";

test("at most one notification is stored", async () => {
  const notify = new Notify();
  notify.notifyOne();
  notify.notifyLast();
  await notify.notified();
  await expect(notify.notified({ timeout: 0 })).rejects.toThrow("timed out");
});

test("notifyOne wakes the first, notifyLast the last", async () => {
  const notify = new Notify();
  const woken: string[] = [];
  for (const name of ["a", "b", "c"]) void notify.notified().then(() => woken.push(name));
  notify.notifyOne();
  await Promise.resolve();
  notify.notifyLast();
  await Promise.resolve();
  notify.notifyOne();
  await Promise.resolve();
  expect(woken).toEqual(["a", "c", "b"]);
});

test("notifyWaiters reaches who was registered before it, and stores nothing", async () => {
  const notify = new Notify();
  const before = [notify.notified(), notify.notified()];
  notify.notifyWaiters();
  const after = notify.notified();
  await Promise.all(before);
  expect(await settled(after)).toBe(false);
});

test("a wait that was aborted takes no notification", async () => {
  const notify = new Notify();
  const controller = new AbortController();
  const gone = notify.notified({ signal: controller.signal });
  const stays = notify.notified();
  controller.abort("gone");
  notify.notifyOne();
  await expect(gone).rejects.toBe("gone");
  await stays;
});

test("a notification is not lost on a wait aborted after it", async () => {
  const notify = new Notify();
  const controller = new AbortController();
  const wait = notify.notified({ signal: controller.signal });
  notify.notifyOne();
  controller.abort();
  await wait;
});

test("it is a branch", () => {
  const notify = new Notify();
  const source = notify["~source"];
  expect(source.poll()).toBe(PENDING);
  const gone = armed(source);
  const stays = armed(source);
  source.disarm(gone.waiter);
  notify.notifyOne();
  expect([gone.values.length, stays.values.length]).toEqual([0, 1]);
});
