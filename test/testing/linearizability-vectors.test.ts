import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { cpuUsage, env } from "node:process";
import { expect, test } from "vitest";
import {
  type HistoryCall,
  type RegisterInput,
  type RegisterValue,
  checkLinearizable,
  registerModel,
} from "keelson/testing";
import { collectGarbage } from "../support/garbage.js";
import { describeUnless } from "../support/when.js";

type Call = HistoryCall<RegisterInput, RegisterValue | boolean>;

/** Recorded histories of a register, as Jepsen logs; not part of the package. */
const folder = join(env["KEELSON_DATA"] ?? "../shared/data", "linearizability");
const missing = existsSync(folder) ? undefined : `needs recorded histories in ${folder}`;

/** The histories that are linearizable; every other one is not. */
const linearizable = new Set([2, 18, 38, 48, 56, 76, 80, 92, 98, 100, 102]);

const line = /(\d+)\s+:(invoke|ok|fail|info)\s+:(read|write|cas)\s+(.+)$/;
const key = "register";

function parse(text: string): readonly Call[] {
  const open = new Map<string, Call>();
  const calls: Call[] = [];
  for (const [at, entry] of text.split("\n").entries()) {
    const [, client = "", kind, op, argument = ""] = line.exec(entry) ?? [];
    if (kind === "invoke") {
      open.set(client, { client, input: inputOf(op, argument), calledAt: at });
      continue;
    }
    const call = open.get(client);
    if (call === undefined || (kind !== "ok" && kind !== "fail")) continue;
    open.delete(client);
    if (kind === "fail" && op === "read") continue;
    const output = op === "read" ? valueOf(argument) : kind === "ok";
    calls.push({ ...call, output, returnedAt: at });
  }
  return [...calls, ...open.values()];
}

function inputOf(op: string | undefined, argument: string): RegisterInput {
  if (op === "read") return { op, key };
  if (op === "write") return { op, key, value: valueOf(argument) };
  const [expected = "", value = ""] = argument.replaceAll(/[[\]]/g, "").split(" ");
  return { op: "cas", key, expected: valueOf(expected), value: valueOf(value) };
}

function valueOf(text: string): RegisterValue {
  return text === "nil" ? null : Number(text);
}

describeUnless(missing, "recorded histories of etcd", () => {
  test("are told apart, all of them in less than ten seconds and half a gigabyte", { timeout: 60_000 }, async () => {
    const before = await collectGarbage();
    const files = readdirSync(folder).filter((name) => name.endsWith(".log"));
    const started = cpuUsage();
    let memory = 0;
    const verdicts = files.map((name) => {
      const { verdict } = checkLinearizable(parse(readFileSync(join(folder, name), "utf8")), registerModel);
      memory = Math.max(memory, process.memoryUsage().heapUsed);
      return [name, verdict];
    });
    const expected = files.map((name) => [name, linearizable.has(Number(/\d+/.exec(name)?.[0])) ? "ok" : "illegal"]);
    expect(verdicts).toEqual(expected);
    const { user, system } = cpuUsage(started); // of the processor, in microseconds, however busy the machine is
    expect((user + system) / 1e6).toBeLessThan(10);
    expect((memory - before) / 2 ** 20).toBeLessThan(500);
  });
});
