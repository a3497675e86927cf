import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, test } from "vitest";
import { bundled } from "./bundle.js";

const service = bundled("service");
let child: ChildProcessWithoutNullStreams | undefined;
afterEach(() => {
  child?.kill("SIGKILL");
});

/** Starts the service; `line` waits for something that it prints, `ended` for its end. */
function start(scenario: string) {
  const started = spawn(process.execPath, [service, scenario]);
  child = started;
  const lines: string[] = [];
  let stderr = "";
  started.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const reader = createInterface(started.stdout);
  reader.on("line", (line) => lines.push(line));
  const closed = once(started, "close");
  return {
    line: async (wanted: string): Promise<string> => {
      for (;;) {
        const found = lines.find((line) => line.startsWith(wanted));
        if (found !== undefined) return found;
        await Promise.race([once(reader, "line"), closed.then(() => fail(wanted))]);
      }
    },
    signal: (name: NodeJS.Signals) => started.kill(name),
    poke: () => started.stdin.write("go\n"),
    ended: async () => {
      const [code] = (await closed) as [number | null];
      return { code, lines, stderr };
    },
  };
  function fail(wanted: string): never {
    throw new Error(`ended before it printed "${wanted}": ${lines.join(" | ")} ${stderr}`);
  }
}

describe("a real process", () => {
  test.each(["SIGTERM", "SIGINT"] as const)("%s: hooks run, exit code 0", async (name) => {
    const { line, signal, ended } = start("clean");
    await line("ready");
    signal(name);
    const { code, lines } = await ended();
    expect(lines).toEqual(["ready", `shutting down: ${name}`, "database closed"]);
    expect(code).toBe(0);
  });

  test("the deadline: exit code 1 and the pending hooks named, though nothing else keeps the process alive", async () => {
    const { line, poke, ended } = start("hangs");
    await line("ready");
    poke();
    const { code, stderr } = await ended();
    expect(stderr).toContain("shutdown did not finish within 200 ms; pending: jobs");
    expect(code).toBe(1);
  });

  test("a second signal: exit code 128 and its number, at once", async () => {
    const { line, signal, ended } = start("stubborn");
    await line("ready");
    signal("SIGTERM");
    await line("stopping");
    signal("SIGINT");
    expect((await ended()).code).toBe(130);
  });

  test.each([
    ["throws", "database closed after error"],
    ["rejects", "database closed after unhandledRejection"],
  ])("an error that nobody caught (%s): hooks run, it is printed, exit code 1", async (scenario, last) => {
    const { line, poke, ended } = start(scenario);
    await line("ready");
    poke();
    const { code, lines, stderr } = await ended();
    expect(lines).toEqual(["ready", last]);
    expect(stderr).toContain("Error: a bug");
    expect(code).toBe(1);
  });

  test("phases in order; a hook that throws stops nobody, and makes the exit code 1", async () => {
    const { line, signal, ended } = start("phases");
    await line("ready");
    signal("SIGTERM");
    const { code, lines, stderr } = await ended();
    expect(lines).toEqual(["ready", "notReady", "stopIntake", "drain", "release", "close", "flush"]);
    expect(stderr).toContain('shutdown hook "faulty" failed: Error: disk full');
    expect(code).toBe(1);
  });

  test("requests in flight can still send to a channel that is drained", async () => {
    const { line, signal, ended } = start("jobs");
    const port = (await line("port ")).slice("port ".length);
    const answers = ["/a", "/b", "/c"].map(async (path) => (await fetch(`http://127.0.0.1:${port}${path}`)).text());
    for (const path of ["/a", "/b", "/c"]) await line(`asked ${path}`);
    signal("SIGTERM");
    expect(await Promise.all(answers)).toEqual(["accepted", "accepted", "accepted"]);
    const { code, lines } = await ended();
    expect(lines.slice(4, -1).sort()).toEqual(["did /a", "did /b", "did /c"]);
    expect(lines.at(-1)).toBe("worker ended");
    expect(code).toBe(0);
  });

  test("importing installs nothing", async () => {
    const { line, ended } = start("imported");
    await line("listeners 0");
    expect((await ended()).code).toBe(0);
  });
});
