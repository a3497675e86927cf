import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { checkKnown } from "../core/check.js";
import { type Runtime, currentRuntime, isKeelsonError } from "../core/index.js";
import type { RunEvent, RunExit, RunId, RunSpec, WorkloadRuntime } from "../reconcilers/index.js";

/** Commands that do what the tests need, in the terms of the runtime under test. */
export interface WorkloadPrograms {
  /** Ends at once with an exit code. */
  exit(code: number): readonly string[];
  /** Runs until it is asked to end. */
  readonly serve: readonly string[];
  /** Does not end when it is asked to; writes a line to its output once it would not. */
  readonly deaf: readonly string[];
  /** Writes a line to its output, and ends with 0. */
  say(line: string): readonly string[];
}

/** What {@link workloadRuntimeConformance} needs. */
export interface WorkloadRuntimeConformanceOptions {
  /** Your runner's way to register a test. */
  readonly test: (name: string, body: () => Promise<void>) => unknown;
  /** Makes a runtime; one that survives its agent finds the runs of the one made before. */
  readonly open: () => WorkloadRuntime | Promise<WorkloadRuntime>;
  /** What it can run. */
  readonly programs: WorkloadPrograms;
  /** The working directory of what runs. @defaultValue `"."` */
  readonly cwd?: string;
}

/** Longer than any answer should take. */
const patienceMs = 20_000;
/** How often something is looked at that should come about. */
const lookMs = 5;

/**
 * Registers the tests that every {@link WorkloadRuntime} passes.
 *
 * @remarks
 * It brings its own assertions and needs no runner in particular. What it starts it ends. The clock must move: the
 * system's, or a virtual one that advances by itself.
 *
 * @example
 * ```ts
 * import { inProcessRuntime } from "keelson/reconcilers";
 * import { workloadRuntimeConformance } from "keelson/testing";
 *
 * const untilAsked = (signal: AbortSignal) => new Promise<undefined>((done) => {
 *   signal.addEventListener("abort", () => { done(undefined); });
 * });
 * const functions = {
 *   exit: ({ args }: { args: readonly string[] }) => Number(args[0]),
 *   serve: ({ signal }: { signal: AbortSignal }) => untilAsked(signal),
 *   deaf: ({ log }: { log(line: string): void }) => { log("deaf"); return new Promise<undefined>(() => undefined); },
 *   say: ({ args, log }: { args: readonly string[]; log(line: string): void }) => { log(args[0] ?? ""); return 0; },
 * };
 * const tests = new Map<string, () => Promise<void>>();
 * workloadRuntimeConformance({
 *   test: (name, body) => tests.set(name, body),
 *   open: () => inProcessRuntime({ functions }),
 *   programs: {
 *     exit: (code) => ["exit", String(code)],
 *     serve: ["serve"],
 *     deaf: ["deaf"],
 *     say: (line) => ["say", line],
 *   },
 * });
 * await tests.get("a start is made once, and found again by its number")?.();
 * ```
 */
export function workloadRuntimeConformance(options: WorkloadRuntimeConformanceOptions): void {
  checkKnown("options", options, { test: true, open: true, programs: true, cwd: true });
  const { test, open } = options;
  for (const [name, body] of Object.entries(cases)) {
    test(name, async () => {
      const fixture = new Fixture(await open(), options);
      try {
        await body(fixture);
      } finally {
        await fixture.end();
      }
    });
  }
}

type Case = (fixture: Fixture) => Promise<void>;

const cases: Readonly<Record<string, Case>> = {
  async "a start is made once, and found again by its number"(t) {
    const spec = t.spec(t.programs.serve);
    const [first, second] = await Promise.all([t.workloads.start(spec), t.workloads.start(spec)]);
    equal(second, first, "two starts of one number");
    equal(await t.workloads.start(spec), first, "a third");
    equal(await t.workloads.list(), [first], "what runs");
    equal(await t.workloads.status(spec), { state: "running", run: first }, "its status");
  },
  async "a run that has ended is found again by its number, with how it ended"(t) {
    const spec = t.spec(t.programs.exit(3));
    await t.workloads.start(spec);
    equal((await t.exitOf(spec)).code, 3, "its exit code");
    await t.workloads.start(spec);
    equal((await t.exitOf(spec)).code, 3, "its exit code, after it was asked for once more");
    equal(await t.workloads.list(), [], "what runs");
  },
  async "each end is told once, with its code"(t) {
    for (const code of [0, 1, 7]) await t.workloads.start(t.spec(t.programs.exit(code), { restart: code }));
    await t.until("three ends", () => t.events.length === 3);
    const told = [...t.events].sort((a, b) => a.restart - b.restart);
    equal(
      told.map(({ restart, exit }) => [restart, exit.code]),
      [
        [0, 0],
        [1, 1],
        [7, 7],
      ],
      "what was told",
    );
    for (const { restart, exit } of told) {
      equal(await t.workloads.status(t.run({ restart })), { state: "exited", exit }, "the status says the same");
    }
  },
  async "a stop lets a run end by itself, and comes back once it has"(t) {
    const spec = t.spec(t.programs.serve);
    await t.workloads.start(spec);
    await t.workloads.stop(spec, patienceMs);
    equal((await t.workloads.status(spec)).state, "exited", "its state after the stop");
    equal(await t.workloads.list(), [], "what runs");
    await t.until("its end to be told", () => t.events.length === 1);
  },
  async "a stop does not wait longer than the grace, and says that the end was forced"(t) {
    const spec = t.spec(t.programs.deaf);
    await t.workloads.start(spec);
    await t.until("the program that is deaf to write a line", async () => (await t.output(spec)) !== "");
    const began = t.runtime.now();
    await t.workloads.stop(spec, 50);
    if (t.runtime.now() - began > patienceMs / 2) throw new Error("Expected the stop to end soon after its grace");
    const { signal, reason } = await t.exitOf(spec);
    if (signal !== "SIGKILL" && reason !== "Leaked") {
      throw new Error(`Expected the exit to say SIGKILL or Leaked, got ${JSON.stringify({ signal, reason })}`);
    }
    equal(await t.workloads.list(), [], "what runs");
  },
  async "a stop of what has ended, or never was, does nothing"(t) {
    const spec = t.spec(t.programs.exit(0));
    await t.workloads.start(spec);
    await t.exitOf(spec);
    await t.workloads.stop(spec, 0);
    await t.workloads.stop(t.run({ uid: "nobody" }), 0);
    equal((await t.exitOf(spec)).code, 0, "its exit code");
  },
  async "what was never started is unknown"(t) {
    equal(await t.workloads.status(t.run({ uid: "nobody" })), { state: "unknown" }, "its status");
  },
  async "what cannot be started fails with a StartError, and may be tried again"(t) {
    const spec = t.spec(["no-such-program"]);
    for (const attempt of ["first", "second"]) {
      const error = await t.workloads.start(spec).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (!isKeelsonError(error, "INSTANCE_START")) throw new Error(`Expected a StartError of the ${attempt} start`);
    }
    equal(await t.workloads.status(spec), { state: "unknown" }, "its status");
    await t.workloads.start({ ...spec, command: t.programs.exit(0) });
    equal((await t.exitOf(spec)).code, 0, "its exit code once it could be started");
  },
  async "a command beside a run tells its exit code, and ends with the signal"(t) {
    const spec = t.spec(t.programs.serve);
    await t.workloads.start(spec);
    for (const code of [0, 5]) equal(await t.workloads.exec(spec, t.programs.exit(code)), code, "its exit code");
    const given = new AbortController();
    const running = t.workloads.exec(spec, t.programs.serve, { signal: given.signal });
    const reason = new Error("enough");
    given.abort(reason);
    const error = await running.then(
      () => undefined,
      (failure: unknown) => failure,
    );
    if (error !== reason) throw new Error("Expected the command to fail with the signal's reason");
    equal((await t.workloads.list()).length, 1, "runs");
  },
  async "the output is kept in files, by uid and restart"(t) {
    if (t.workloads.stateDir === undefined) return;
    await t.workloads.start(t.spec(t.programs.say("first"), { restart: 0 }));
    await t.workloads.start(t.spec(t.programs.say("second"), { restart: 1 }));
    for (const [restart, line] of ["first", "second"].entries()) {
      await t.exitOf(t.run({ restart }));
      equal(await t.output(t.run({ restart })), `${line}\n`, `the output of start ${restart}`);
    }
  },
  async "what is forgotten is unknown, and its output gone"(t) {
    for (const restart of [0, 1, 2]) {
      await t.workloads.start(t.spec(t.programs.say("x"), { restart }));
      await t.exitOf(t.run({ restart }));
    }
    const states = (): Promise<readonly string[]> =>
      Promise.all([0, 1, 2].map(async (restart) => (await t.workloads.status(t.run({ restart }))).state));
    await t.workloads.forget(t.uid, { before: 2 });
    equal(await states(), ["unknown", "unknown", "exited"], "what is known after forgetting the early ones");
    await t.workloads.forget(t.uid);
    equal(await states(), ["unknown", "unknown", "unknown"], "what is known after forgetting all");
  },
  async "listening ends with its signal"(t) {
    const given = new AbortController();
    const ends = t.workloads.events({ signal: given.signal })[Symbol.asyncIterator]();
    const next = ends.next();
    given.abort();
    equal((await next).done, true, "whether it is over");
  },
  async "one that survives its agent finds everything again, and the others nothing"(t) {
    const [served, ended] = [t.spec(t.programs.serve, { restart: 1 }), t.spec(t.programs.exit(4))];
    const run = await t.workloads.start(served);
    await t.workloads.start(ended);
    await t.exitOf(ended);
    const later = await t.open();
    if (!later.survivesAgent) {
      equal(await later.list(), [], "what a later one knows of");
      return;
    }
    equal(await later.list(), [run], "what a later one knows of");
    equal(await later.start(served), run, "what it finds in place of a start");
    equal(await later.status(ended), { state: "exited", exit: { code: 4 } }, "what it knows of what has ended");
    const listening = new AbortController();
    const ends = later.events({ signal: listening.signal });
    await later.stop(served, patienceMs);
    for await (const { restart } of ends) {
      equal(restart, 1, "the end it tells");
      break;
    }
    listening.abort();
  },
};

/** A runtime for one test, and what it has told. */
class Fixture {
  readonly workloads: WorkloadRuntime;
  readonly programs: WorkloadPrograms;
  readonly open: () => WorkloadRuntime | Promise<WorkloadRuntime>;
  readonly runtime: Runtime = currentRuntime();
  readonly uid: string;
  readonly events: RunEvent[] = [];
  readonly #cwd: string;
  readonly #listening = new AbortController();
  readonly #heard: Promise<void>;

  constructor(workloads: WorkloadRuntime, { programs, open, cwd = "." }: WorkloadRuntimeConformanceOptions) {
    this.workloads = workloads;
    this.programs = programs;
    this.open = open;
    this.uid = this.runtime.id("uid");
    this.#cwd = cwd;
    this.#heard = this.#listen();
  }

  run({ uid = this.uid, restart = 0 }: Partial<RunId>): RunId {
    return { uid, restart };
  }

  spec(command: readonly string[], { restart = 0 }: Partial<RunId> = {}): RunSpec {
    return { uid: this.uid, restart, command, env: {}, cwd: this.#cwd };
  }

  async exitOf(run: RunId): Promise<RunExit> {
    let exit: RunExit | undefined;
    await this.until("the run to end", async () => {
      const status = await this.workloads.status(run);
      if (status.state === "exited") exit = status.exit;
      return exit !== undefined;
    });
    return exit ?? {};
  }

  /** What a run has written so far; `undefined` where no output is kept. */
  async output({ uid, restart }: RunId): Promise<string | undefined> {
    const { stateDir } = this.workloads;
    if (stateDir === undefined) return undefined;
    const file = join(stateDir, uid, String(restart), "stdout.log");
    return await this.runtime.real(() => readFile(file, "utf8").catch(() => ""));
  }

  async until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    const began = this.runtime.now();
    while (!(await holds())) {
      if (this.runtime.now() - began > patienceMs) throw new Error(`Expected ${what} within ${patienceMs} ms`);
      await this.runtime.sleep(lookMs);
    }
  }

  async end(): Promise<void> {
    for (const run of await this.workloads.list()) if (run.uid === this.uid) await this.workloads.stop(run, 1_000);
    await this.workloads.forget(this.uid);
    this.#listening.abort();
    await this.#heard;
  }

  async #listen(): Promise<void> {
    for await (const event of this.workloads.events({ signal: this.#listening.signal })) this.events.push(event);
  }
}

function equal(actual: unknown, expected: unknown, what: string): void {
  const [got, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (got !== wanted) throw new Error(`Expected ${what} to be ${wanted}, got ${got}`);
}
