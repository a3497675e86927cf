import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { mpsc } from "keelson/channels";
import { type Runtime, currentRuntime, isKeelsonError } from "keelson/core";
import {
  type Order,
  type Simulation,
  SimulationError,
  type SimulationReport,
  type SimTestOptions,
  type TestFunction,
  endpoint,
  exploreFaults,
  simTest,
  simulate,
} from "keelson/simulation";
import { Mutex } from "keelson/sync";
import { scope, spawn } from "keelson/tasks";
import { sleep } from "keelson/time";
import { setTimeout as realTimeout } from "node:timers/promises";
import { runs } from "../support/deep.js";
import { outcome } from "../support/outcome.js";

const realNow = performance.now.bind(performance);

interface Failed {
  readonly message: string;
  readonly cause: unknown;
  readonly traceHash: string;
}

async function failure(run: Promise<unknown>): Promise<Failed> {
  const error = await outcome(run);
  if (!(error instanceof SimulationError)) throw new Error(`Expected a failed simulation, got ${String(error)}`);
  const { message, cause, traceHash } = error;
  return { message, cause, traceHash };
}

describe("time", () => {
  test("an hour takes no time, and everybody's timers come in order", async () => {
    const seen: string[] = [];
    const start = realNow();
    const { virtualMs, events } = await simulate({ seed: 1 }, async (sim) => {
      sim.host("slow", async () => {
        await sleep("1h");
        seen.push("slow");
      });
      sim.host("fast", async () => {
        for (let tick = 0; tick < 3; tick += 1) {
          await sleep("15m");
          seen.push(`fast ${currentRuntime().now()}`);
        }
      });
      await sim.until(() => seen.includes("slow"));
    });
    expect(seen).toEqual(["fast 900000", "fast 1800000", "fast 2700000", "slow"]);
    expect(virtualMs).toBe(3_600_000);
    expect(events).toBeLessThan(20);
    expect(realNow() - start).toBeLessThan(60_000);
  });

  test("a duration is kept to exactly, whether or not anything happens", async () => {
    const { virtualMs } = await simulate({ seed: 1, duration: "10m" }, () => undefined);
    expect(virtualMs).toBe(600_000);
  });

  test("offset and drift act on the wall clock, drift on the monotonic one, and a restart begins that anew", async () => {
    const seen: number[][] = [];
    const { virtualMs } = await simulate({ seed: 1 }, async (sim) => {
      const main = async (): Promise<void> => {
        const { now, wallNow } = { now: currentRuntime().now(), wallNow: currentRuntime().wallNow() };
        seen.push([now, wallNow]);
        await sleep(1_000);
        seen.push([currentRuntime().now(), currentRuntime().wallNow() - wallNow]);
      };
      sim.host("fast", main, { clock: { offset: 500, drift: 0.25 } });
      await sim.until(() => seen.length === 2);
      expect(sim.now()).toBe(800);
      sim.restart("fast");
      await sim.until(() => seen.length === 4);
    });
    expect(virtualMs).toBe(1_600);
    expect(seen).toEqual([
      [0, Date.UTC(2030, 0, 1) + 500],
      [1_000, 1_000],
      [0, Date.UTC(2030, 0, 1) + 1_500],
      [1_000, 1_000],
    ]);
  });

  test("a drift that sets in moves the timers that are set", async () => {
    await simulate({ seed: 1 }, async (sim) => {
      let rangAt = 0;
      sim.host("late", async () => {
        await sleep(1_000);
        rangAt = sim.now();
      });
      await sim.sleep(500);
      sim.clockDrift("late", -0.5);
      await sim.until(() => rangAt > 0);
      expect(rangAt).toBe(1_500);
    });
  });

  test("it stands still while real work is in flight, whose outcomes come in the order of their asking", async () => {
    const order: string[] = [];
    const trace = async (seed: number): Promise<string> => {
      const { traceHash, virtualMs } = await simulate({ seed, order: "fifo" }, async (sim) => {
        order.length = 0;
        const ask = async (name: string, ms: number): Promise<void> => {
          await currentRuntime().real(() => realTimeout(ms));
          order.push(name);
        };
        sim.host("a", () => Promise.all([ask("long", 20), ask("short", 1)]));
        await sim.sleep(5);
      });
      expect(virtualMs).toBe(5);
      expect(order).toEqual(["long", "short"]);
      return traceHash;
    };
    expect(await trace(1)).toBe(await trace(1));
  });
});

describe("order", () => {
  /** Two payments check a balance and then act, with a wakeup between; another task runs in between the two. */
  const overdrawn = async (order: Order, seed: number): Promise<boolean> => {
    let isOverdrawn = false;
    await simulate({ seed, order }, async () => {
      let balance = 100;
      const [first, firstPaid] = mpsc.channel<string>(1);
      const [second, secondPaid] = mpsc.channel<string>(1);
      const pay = async (due: mpsc.Receiver<string>): Promise<void> => {
        await due.recv();
        if (balance < 100) return;
        await currentRuntime().yieldNow(); // asks the database
        balance -= 100;
        isOverdrawn ||= balance < 0;
      };
      const paid = [spawn(() => pay(firstPaid)), spawn(() => pay(secondPaid))];
      await sleep(1);
      await first.send("pay");
      for (let audit = 0; audit < 2; audit += 1) await currentRuntime().yieldNow();
      await second.send("pay");
      for (const task of paid) await task.join();
    });
    return isOverdrawn;
  };

  test("a check-then-act race is found by a fifth of random seeds, and never by fifo", async () => {
    const seeds = Array.from({ length: runs(1_000) }, (_, seed) => seed);
    let random = 0;
    let fifo = 0;
    let pct = 0;
    for (const seed of seeds) {
      if (await overdrawn("random", seed)) random += 1;
      if (await overdrawn("fifo", seed)) fifo += 1;
      if (await overdrawn({ kind: "pct", steps: 20 }, seed)) pct += 1;
    }
    expect(random / seeds.length).toBeGreaterThanOrEqual(0.2);
    expect(pct).toBeGreaterThan(0);
    expect(fifo).toBe(0);
  });

  test.each(["random", "fifo", "pct"] as const)("%s: the same seed gives the same trace", async (order) => {
    const run = (seed: number): Promise<SimulationReport> =>
      simulate({ seed, order }, async (sim) => {
        for (const name of ["a", "b", "c"]) {
          sim.host(name, async () => {
            for (let tick = 0; tick < 20; tick += 1) await sleep(currentRuntime().random() * 10);
          });
        }
        await sim.sleep(150);
      });
    const [first, again, other] = [await run(1), await run(1), await run(2)];
    expect(again.traceHash).toBe(first.traceHash);
    expect(other.traceHash).not.toBe(first.traceHash);
  });
});

describe("a failure", () => {
  test("says what, where, when, what came before, and how to see it again", async () => {
    const error = await failure(
      simulate({ seed: 9, name: "pays once" }, async (sim) => {
        sim.host("api", async ({ note }) => {
          await sleep(1_500);
          note("balance is -100");
          throw new RangeError("overdraft");
        });
        await sim.sleep("1h");
      }),
    );
    expect(error.cause).toBeInstanceOf(RangeError);
    expect(error.message).toBe(
      [
        'host "api" failed: overdraft',
        "",
        `seed 9, event 4, virtual time 1.500 s, trace ${error.traceHash}`,
        "replay: KEELSON_SIM_SEED=9 npx vitest run -t 'pays once'",
        "",
        "last 5 of 5 lines of the trace:",
        "  #1  0.000 ms  test  start",
        "  #2  0.000 ms  api  start",
        "  #3  1.500 s  api  sleep",
        "  #4  1.500 s  api  sleep",
        "  #5  1.500 s  api  balance is -100",
      ].join("\n"),
    );
  });

  test("keeps the last fifty lines", async () => {
    const error = await failure(
      simulate({ seed: 1 }, async (sim) => {
        for (let tick = 0; tick < 100; tick += 1) await sim.sleep(1);
        throw new Error("enough");
      }),
    );
    expect(error.message).toContain("last 50 of 201 lines");
    expect(error.message.split("\n").filter((line) => line.startsWith("  #"))).toHaveLength(50);
    expect(error.message).toContain("#201  100.000 ms  test  sleep");
  });

  test("is a timer's throw, too, unless it is only to be noted, and a signal listener's", async () => {
    const broken = (unhandled: "fail" | "note"): Promise<unknown> =>
      simulate({ seed: 1, unhandled, duration: "1s" }, (sim) => {
        sim.host("api", ({ runtime }) => {
          runtime.timer(
            5,
            () => {
              throw new Error("no such table");
            },
            "tick",
          );
        });
      });
    const error = await failure(broken("fail"));
    expect(error.message).toContain('tick of host "api" failed and nobody awaits it: no such table');
    await expect(broken("note")).resolves.toMatchObject({ virtualMs: 1_000 });
    const heard = await failure(
      simulate({ seed: 1 }, (sim) => {
        sim.host("api", ({ runtime }) => {
          runtime.signals.on("job:done", () => {
            throw new Error("no such job");
          });
          runtime.signals.emit("job:done", {});
        });
        return sim.sleep(1);
      }),
    );
    expect(heard.message).toContain('a signal listener of host "api" failed: no such job');
  });

  test("is not what is reported as dealt with", async () => {
    const heard: unknown[] = [];
    await simulate({ seed: 1 }, (sim) => {
      for (const host of ["api", "observed"]) {
        sim.host(host, ({ runtime }) => {
          if (host === "observed") runtime.signals.on("task:failed", ({ task }) => heard.push(task));
          runtime.report(new Error("no such table"), { task: "tick", handled: true });
        });
      }
      return sim.sleep(1);
    });
    expect(heard).toEqual(["tick"]);
  });

  test("is a deadlock, which names who waits for what", async () => {
    const error = await failure(
      simulate({ seed: 1 }, async (sim) => {
        sim.host("teller", async () => {
          const [left, right] = [new Mutex(), new Mutex()];
          const [, answers] = mpsc.channel<number>(1);
          const cross = async (one: Mutex, other: Mutex): Promise<void> => {
            using _one = await one.lock();
            await sleep(1);
            using _other = await other.lock();
          };
          await Promise.all([cross(left, right), cross(right, left), answers.recv()]);
        });
        sim.host("stray", () => new Promise(() => undefined));
        await sim.until(() => false);
      }),
    );
    expect(isKeelsonError(error.cause, "SIMULATION_DEADLOCK")).toBe(true);
    expect(error.message.split("\n").slice(0, 4)).toEqual([
      "nothing can happen any more, and these wait:",
      "  test waits in until",
      "  teller waits in mpsc.recv, Mutex.lock (2 times)",
      "  stray waits for a promise that keelson does not know (real I/O belongs into runtime.real())",
    ]);
  });

  test("is a deadlocked host though the test has returned, but not an idle server", async () => {
    const ping = endpoint<string, string>("ping");
    await simulate({ seed: 1, duration: "1h" }, (sim) => {
      sim.host("server", ({ net, signal }) => {
        net.serve(ping, (text) => text);
        return new Promise((resolve) => {
          signal.addEventListener("abort", resolve);
        });
      });
    });
    const error = await failure(
      simulate({ seed: 1, duration: "1h" }, (sim) => {
        sim.host("stuck", async () => {
          const [, rx] = mpsc.channel<number>(1);
          await rx.recv();
        });
      }),
    );
    expect(error.message).toContain("stuck waits in mpsc.recv");
  });

  test("is a test that does not come to its end", async () => {
    const error = await failure(
      simulate({ seed: 1, duration: "1m" }, async (sim) => {
        sim.host("ticker", async () => {
          for (;;) await sleep("1s");
        });
        await sim.until(() => false);
      }),
    );
    expect(error.message).toContain(
      "the test has not returned within 60.000 s, and these wait:\n  test waits in until",
    );
  });

  test("is a run without end", async () => {
    const error = await failure(
      simulate({ seed: 1, maxEvents: 1_000 }, async () => {
        for (;;) await currentRuntime().yieldNow();
      }),
    );
    expect(error.message).toContain("1000 events have run and no end is in sight; it stands at 0.000 ms");
  });
});

describe("what hosts share", () => {
  test("using another host's primitive fails, and says whose", async () => {
    const error = await failure(
      simulate({ seed: 1 }, async (sim) => {
        let shared: mpsc.Sender<number> | undefined;
        sim.host("a", async () => {
          const [tx, rx] = mpsc.channel<number>(1);
          shared = tx;
          await rx.recv();
        });
        sim.host("b", async () => {
          await sleep(1);
          await shared?.send(1);
        });
        await sim.sleep(10);
      }),
    );
    expect(isKeelsonError(error.cause, "SIMULATION_FOREIGN_HOST")).toBe(true);
    expect(error.message).toContain('host "b" used what host "a" made');
  });

  test.each<[string, (made: { readonly rx: mpsc.Receiver<number>; readonly runtime: Runtime }) => unknown]>([
    ["waiting in it", ({ rx }) => rx.recv()],
    ["a timer of its runtime", ({ runtime }) => runtime.timer(1, () => undefined)],
    ["yielding on its runtime", ({ runtime }) => runtime.yieldNow()],
  ])("so does %s", async (_, use) => {
    const error = await failure(
      simulate({ seed: 1, duration: "1s" }, (sim) => {
        let made: Parameters<typeof use>[0] | undefined;
        sim.host("a", ({ runtime }) => {
          made = { rx: mpsc.channel<number>(1)[1], runtime };
        });
        sim.host("b", async () => {
          await sleep(1);
          if (made !== undefined) await use(made);
        });
      }),
    );
    expect(isKeelsonError(error.cause, "SIMULATION_FOREIGN_HOST")).toBe(true);
  });

  test("each host's random numbers, and the network's, are its own: more draws in one move no other", async () => {
    const draws = async (extra: number): Promise<readonly number[]> => {
      const drawn: number[] = [];
      await simulate({ seed: 4, duration: 10 }, (sim) => {
        sim.host("other", ({ runtime }) => {
          for (let draw = 0; draw < extra; draw += 1) runtime.random();
        });
        sim.host("watched", ({ runtime }) => {
          drawn.push(runtime.random(), runtime.random());
        });
      });
      return drawn;
    };
    expect(await draws(5)).toEqual(await draws(0));
    expect(new Set(await draws(0)).size).toBe(2);
  });

  test("ids are unique, UUID-shaped, and the same in each run", async () => {
    const ids = async (): Promise<readonly string[]> => {
      const made: string[] = [];
      await simulate({ seed: 4, duration: 10 }, (sim) => {
        for (const name of ["a", "b"]) {
          sim.host(name, ({ runtime }) => {
            made.push(runtime.id(), runtime.id("run"));
          });
        }
      });
      return made;
    };
    const made = await ids();
    expect(new Set(made).size).toBe(4);
    for (const id of made)
      expect(id).toMatch(/^(run_)?[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(await ids()).toEqual(made);
  });
});

describe("checkDeterminism", () => {
  test("shows where two runs of one seed part, in both words", async () => {
    let drawn = 1;
    const random = vi.spyOn(Math, "random").mockImplementation(() => 1 / (drawn += 1)); // never the same twice
    const error = await outcome(
      simulate({ seed: 1, checkDeterminism: true, ambient: "allow", duration: "1s" }, (sim) => {
        sim.host("planted", async () => {
          for (;;) await sleep(1 + Math.random());
        });
      }),
    );
    random.mockRestore();
    expect(isKeelsonError(error, "SIMULATION_NONDETERMINISM")).toBe(true);
    const lines = String(error).split("\n");
    expect(lines[0]).toMatch(/two runs of seed 1 part at line \d+/);
    expect(lines[1]).toMatch(/first run: {2}#\d+ {2}1\.\d{3} ms {2}planted {2}sleep/);
    expect(lines[2]).toMatch(/second run: #\d+ {2}1\.\d{3} ms {2}planted {2}sleep/);
    expect(lines[1]?.slice(14)).not.toBe(lines[2]?.slice(14));
  });

  test("finds state that is kept between the runs, and a run that ends early", async () => {
    let calls = 0;
    const error = await outcome(
      simulate({ seed: 1, checkDeterminism: true }, async (sim) => {
        calls += 1;
        for (let tick = 0; tick < 3 - calls; tick += 1) await sim.sleep(1);
      }),
    );
    expect(String(error)).toContain("second run: #4 nothing: the run had ended");
  });

  test("says nothing where there is nothing to say", async () => {
    const report = await simulate({ seed: 1, checkDeterminism: true }, async (sim) => {
      await sim.sleep(currentRuntime().random());
    });
    expect(report.traceHash).toMatch(/^[0-9a-f]{16}$/);
  });
});

describe("simTest", () => {
  const collect = (): {
    readonly bodies: (() => Promise<void>)[];
    readonly test: (name: string, body: () => Promise<void>) => void;
  } => {
    const bodies: (() => Promise<void>)[] = [];
    return { bodies, test: (_, body) => bodies.push(body) };
  };

  simTest("registers with vitest", { test, runs: 3, checkDeterminism: true }, async (sim) => {
    await sim.sleep("1m");
    expect(sim.now()).toBe(60_000);
  });

  test("stops at the first seed that fails and names the test to replay", async () => {
    const { bodies, test: register } = collect();
    const tried: number[] = [];
    simTest("three is out", { test: register, runs: 5 }, (sim) => {
      tried.push(sim.seed);
      expect(sim.seed).not.toBe(3);
    });
    const error = await failure(bodies[0]?.() ?? Promise.resolve());
    expect(tried).toEqual([1, 2, 3]);
    expect(error.message).toContain("replay: KEELSON_SIM_SEED=3 npx vitest run -t 'three is out'");
  });

  test("fails when something worth testing was seen in no run", async () => {
    const { bodies, test: register } = collect();
    simTest("looks", { test: register, seeds: [1, 2, 7] }, (sim) => {
      sim.sometimes("even", sim.seed % 2 === 0);
      sim.sometimes("large", sim.seed > 7);
    });
    await expect(bodies[0]?.()).rejects.toThrow('sometimes "large" was seen in none of 3 runs');
  });

  test("runs the one seed of KEELSON_SIM_SEED", async () => {
    const { bodies, test: register } = collect();
    const tried: number[] = [];
    simTest("replays", { test: register, runs: 5 }, (sim) => tried.push(sim.seed));
    process.env["KEELSON_SIM_SEED"] = "17";
    try {
      await bodies[0]?.();
    } finally {
      delete process.env["KEELSON_SIM_SEED"];
    }
    expect(tried).toEqual([17]);
  });
});

describe("the time of a simTest", () => {
  /** What a registered test comes to, and how long its runner would wait for it. */
  const run = async (options: Omit<SimTestOptions, "test">, body: (sim: Simulation) => unknown): Promise<string> => {
    let running: Promise<unknown> = Promise.resolve();
    const test: TestFunction = (_, start, timeoutMs) => {
      expect(timeoutMs).toBe(options.timeoutMs === undefined ? 70_000 : options.timeoutMs + 10_000);
      running = outcome(start());
    };
    simTest("never ends", { test, ...options }, body);
    return String(await running);
  };
  const forEver = async (sim: Simulation): Promise<void> => {
    for (;;) await sim.sleep(1);
  };

  test("is over: it fails with the seed that runs, how far it is and how to replay it", async () => {
    const message = await run({ seeds: [7, 8], timeoutMs: 20 }, forEver);
    expect(message).toContain("the 20 ms of `timeoutMs` are over with seed 7 running, after 0 of 2 runs");
    expect(message).toContain("give it more real time, or less to do (`runs`, `duration`)");
    expect(message).toContain("replay: KEELSON_SIM_SEED=7 npx vitest run -t 'never ends'");
    expect(message).toContain("lines of the trace");
  });

  test("is over while real work goes on", async () => {
    const stuck = (): Promise<void> => currentRuntime().real(() => new Promise(() => undefined));
    expect(await run({ seeds: [9], timeoutMs: 20 }, stuck)).toContain("replay: KEELSON_SIM_SEED=9");
  });

  test("is over while another simulation has its turn", async () => {
    let release: () => void = () => undefined;
    const other = simulate({ seed: 1 }, () => currentRuntime().real(() => new Promise<void>((go) => (release = go))));
    expect(await run({ seeds: [9], timeoutMs: 20 }, () => undefined)).toContain("over with seed 9 running");
    release();
    await other;
  });

  test("is over with faults drawn: the plan is told, and a failure found by then is what counts", async () => {
    const plans = { hosts: ["api"], horizon: "1s" } as const;
    const hosts = (sim: Simulation): unknown => sim.host("api", () => undefined);
    const message = await run({ fc, plans, runs: 3, timeoutMs: 20 }, async (sim) => {
      hosts(sim);
      await forEver(sim);
    });
    expect(message).toMatch(/after 0 of 3 runs[^]*replay: KEELSON_SIM_SEED=\d+/);
    let calls = 0;
    const found = await run({ fc, plans, runs: 3, timeoutMs: 20 }, async (sim) => {
      hosts(sim);
      calls += 1;
      if (calls === 1) throw new Error("a find");
      await forEver(sim);
    });
    expect(found).toMatch(/the test failed: a find[^]*replay: KEELSON_SIM_SEED=\d+/);
  });
});

describe("bad input", () => {
  test.each<[object, string]>([
    [{ seed: -1 }, "Expected `seed` to be an integer of at least 0, got `-1`"],
    [{ order: "lifo" as "fifo" }, 'Expected `order` to be one of "random", "fifo", "pct", got "lifo"'],
    [{ ambient: "ignore" as "allow" }, 'Expected `ambient` to be one of "throw", "virtual", "allow", got "ignore"'],
    [{ duration: "soon" as "1s" }, "Expected `duration` to be a duration"],
    [{ net: { drop: 2 } }, "Expected `net.drop` to be a number from 0 to 1, got `2`"],
    [{ net: { latency: { min: 5, max: 2 } } }, "Expected `net.latency.max` to be a number of at least 5, got `2`"],
    [{ sead: 3 }, "Expected `options` to have nothing but `duration`, `order`"],
    [{ net: { dropp: 1 } }, 'Expected `net` to have nothing but `latency`, `drop`, `duplicate`, got "dropp"'],
    [
      { net: { latency: { min: 1, mx: 2 } as never } },
      'Expected `net.latency` to have nothing but `min`, `max`, got "mx"',
    ],
    [{ order: { kind: "pct", deepth: 2 } as Order }, "Expected `order` to have nothing but `kind`, `depth`, `steps`"],
    [{ unhandled: "hide" as "note" }, 'Expected `unhandled` to be one of "fail", "note", got "hide"'],
  ])("%j", async (options, message) => {
    await expect(simulate(options, () => undefined)).rejects.toThrow(message);
  });

  const spelt: [string, (sim: Simulation, wrong: object) => unknown, string][] = [
    ["host", (sim, wrong) => sim.host("a", () => undefined, wrong), "`clock`, `disk`"],
    ["clock", (sim, wrong) => sim.host("a", () => undefined, { clock: wrong }), "`offset`, `drift`"],
    ["disk", (sim, wrong) => sim.host("a", () => undefined, { disk: wrong }), "`latency`, `loses`"],
    ["store", (sim, wrong) => sim.store("a", wrong), "`clock`, `disk`, `retention`"],
    [
      "partition",
      (sim, wrong) => {
        sim.partition("test", "test", wrong);
      },
      "`oneWay`, `lasts`",
    ],
    [
      "hold",
      (sim, wrong) => {
        sim.hold("test", "test", wrong);
      },
      "`lasts`",
    ],
    [
      "eventually",
      (sim, wrong) => {
        sim.eventually("x", () => true, wrong);
      },
      "`within`, `afterHeal`",
    ],
  ];
  test.each(spelt)("a misspelt option of %s", async (_, act, names) => {
    const failed = await outcome(simulate({ seed: 1 }, (sim) => void act(sim, { latancy: 1 })));
    expect(String(failed)).toContain(`to have nothing but ${names}, got "latancy"`);
  });

  test.each<[object, string]>([
    [{ tests: 5 }, 'got "tests"'],
    [{ seed: 5 }, 'got "seed"'],
    [{ timeoutMs: 0 }, "Expected `timeoutMs` to be a number from 1 to Infinity, got `0`"],
    [{ seeds: [1, -1] }, "Expected `seeds` to be an integer of at least 0, got `-1`"],
    [{ fc, plans: { hosts: ["a"], horizon: 1 }, seeds: [1] }, "Expected `seeds` to be left out beside `plans`"],
    [{ fc, plans: { hosts: ["a"], horizon: 1 }, faults: [] }, "Expected `faults` to be left out beside `plans`"],
    [{ fc, plans: { hosts: ["a"], horizon: 1, kind: [] } }, "Expected `plans` to have nothing but `hosts`, `horizon`"],
    [{ fc, plans: { hosts: "a", horizon: 1 } }, 'Expected `hosts` to be an array of hosts, got "a"'],
    [{ fc, plans: { hosts: ["a"], horizon: 1, kinds: ["crush"] } }, "Expected `kinds` to be one of"],
    [{ fc, plans: { hosts: ["a"], links: ["a", ""], horizon: 1 } }, "Expected `links[1]` to be a non-empty string"],
    [
      { fc, plans: { hosts: ["a"], links: ["a"], horizon: 1 } },
      "Expected `links.length` to be an integer of at least 2",
    ],
  ])("simTest of which is expected: %#", (options, message) => {
    expect(() => {
      simTest("never", { test: () => undefined, ...options }, () => undefined);
    }).toThrow(message);
  });

  test("a search with a seed of one run", async () => {
    const options = { fc, plans: { hosts: ["a"], horizon: 1 }, seed: 3 };
    await expect(exploreFaults(options, () => undefined)).rejects.toThrow('got "seed"');
  });

  test("no seeds at all", () => {
    expect(() => {
      simTest("never", { test: () => undefined, seeds: [] }, () => undefined);
    }).toThrow("Expected `seeds.length` to be an integer of at least 1, got `0`");
  });

  test.each<[string, (sim: Simulation, predicate: () => boolean) => unknown]>([
    [
      'always "x"',
      (sim, predicate) => {
        sim.always("x", predicate);
      },
    ],
    [
      'eventually "x"',
      (sim, predicate) => {
        sim.eventually("x", predicate);
      },
    ],
    ["until", (sim, predicate) => sim.until(predicate)],
  ])("a predicate of %s that answers with a promise", async (whose, act) => {
    const predicate = (() => Promise.resolve(false)) as unknown as () => boolean;
    const error = await failure(simulate({ seed: 1, duration: "1s" }, (sim) => act(sim, predicate)));
    expect(error.message).toContain(`Expected the predicate of ${whose} to answer at once, got a promise`);
  });

  test.each<[string, (sim: Simulation, predicate: () => boolean) => unknown, string]>([
    [
      'always "x" was broken',
      (sim, predicate) => {
        sim.always("x", predicate);
      },
      "SIMULATION_INVARIANT",
    ],
    [
      'the predicate of eventually "x" failed',
      (sim, predicate) => {
        sim.eventually("x", predicate);
      },
      "CONTEXT",
    ],
    ["the test failed: the predicate of until failed", (sim, predicate) => sim.until(predicate), "CONTEXT"],
  ])("%s: a predicate that throws is named with what it threw", async (first, act, code) => {
    const predicate = (): boolean => {
      throw new RangeError("no balance", { cause: new Error("no such account") });
    };
    const error = await failure(simulate({ seed: 1, duration: "1s" }, (sim) => act(sim, predicate)));
    expect(error.cause).toMatchObject({ code, cause: new RangeError("no balance") });
    expect(error.message.split("\n").slice(0, 4)).toEqual([
      first,
      "  caused by RangeError: no balance",
      "    caused by Error: no such account",
      "",
    ]);
  });

  test("all that a host's failure came of is told", async () => {
    const main = async (): Promise<void> => {
      await scope((tasks) => {
        tasks.spawn(() => Promise.reject(new RangeError("one")));
        tasks.spawn(() => Promise.reject(new RangeError("other")));
      });
    };
    const error = await failure(simulate({ seed: 1, duration: "1s" }, (sim) => void sim.host("a", main)));
    expect(error.message.split("\n").slice(0, 4)).toEqual([
      'host "a" failed: several calls failed',
      "  caused by RangeError: one",
      "  caused by RangeError: other",
      "",
    ]);
  });

  test("simulations do not nest, and run one after another", async () => {
    const error = await failure(simulate({ seed: 1 }, () => simulate({ seed: 2 }, () => undefined)));
    expect(error.message).toContain("simulations do not nest");
    const reports = await Promise.all([1, 2, 3].map((seed) => simulate({ seed }, (sim) => sim.sleep(seed))));
    expect(reports.map(({ virtualMs }) => virtualMs)).toEqual([1, 2, 3]);
  });
});
