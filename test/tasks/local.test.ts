import { expect, test } from "vitest";
import { spawn } from "keelson/tasks";
import { OnceCell, SetOnce } from "keelson/sync";
import { taskLocal } from "keelson/tasks/local";

test("a value follows awaits and spawns, and no one else", async () => {
  const user = taskLocal<string>("user");
  const read = async (): Promise<string | undefined> => {
    await Promise.resolve();
    return user.tryGet();
  };
  const [ada, grace, nobody] = await Promise.all([
    user.run("ada", read),
    user.run("grace", () => spawn(read).join()),
    read(),
  ]);
  expect([ada, grace, nobody]).toEqual(["ada", "grace", undefined]);
});

test("tasks spawned together keep their own values", async () => {
  const user = taskLocal<string>();
  const tasks = ["a", "b", "c"].map((name) => user.run(name, () => spawn(() => user.get())));
  expect(await Promise.all(tasks.map((task) => task.join()))).toEqual(["a", "b", "c"]);
});

test("inner values shadow outer ones, undefined is a value", () => {
  const depth = taskLocal<number | undefined>("depth");
  depth.run(1, () => {
    expect(depth.run(undefined, () => depth.get())).toBeUndefined();
    expect(depth.get()).toBe(1);
  });
  expect(() => depth.get()).toThrow("`depth`");
});

test("what is no function is refused by name", () => {
  const user = taskLocal<string>();
  expect(() => user.run("ada", undefined as never)).toThrow("Expected `body` to be a function, got `undefined`");
});

test("each initializer of a once cell runs in the async context of its own caller", async () => {
  const caller = taskLocal<string>("caller");
  const cell = new OnceCell<string>();
  const gate = new SetOnce<Error>();
  const first = caller.run("first", () =>
    cell.getOrInit(async () => {
      throw await gate.wait();
    }),
  );
  const second = caller.run("second", () => cell.getOrInit(() => caller.get()));
  gate.set(new Error("broken"));
  await expect(first).rejects.toThrow("broken");
  expect(await second).toBe("second");
});
