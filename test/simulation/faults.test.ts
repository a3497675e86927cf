import { describe, expect, test } from "vitest";
import { currentRuntime } from "keelson/core";
import { type Fault, type Simulation, applyFaults, describeFault, endpoint, port, simulate } from "keelson/simulation";
import { spawn } from "keelson/tasks";
import { sleep } from "keelson/time";
import { outcome } from "../support/outcome.js";

const echo = endpoint<string, string>("echo");
const news = port<number>("news");

describe("crash", () => {
  test("nothing of the host runs any more, not even finally; main runs again after the restart", async () => {
    const seen: string[] = [];
    await simulate({ seed: 1 }, async (sim) => {
      sim.host("api", async ({ boot }) => {
        seen.push(`boot ${boot}`);
        try {
          for (;;) {
            await sleep(10);
            seen.push(`tick ${currentRuntime().now()}`);
          }
        } finally {
          seen.push("finally");
        }
      });
      await sim.sleep(25);
      sim.crash("api", 100);
      await sim.sleep(115);
    });
    expect(seen).toEqual(["boot 1", "tick 10", "tick 20", "boot 2", "tick 10"]);
  });

  test("unsynced writes are lost, synced ones stay", async () => {
    await simulate({ seed: 1 }, async (sim) => {
      let found: (string | undefined)[] = [];
      let isWritten = false;
      sim.host("db", async ({ disk, boot }) => {
        if (boot === 1) {
          await disk.write("a", "one");
          await disk.append("log", "x");
          await disk.sync();
          await disk.write("a", "two");
          await disk.append("log", "y");
          await disk.rename("a", "b");
          expect(await disk.list()).toEqual(["b", "log"]);
          expect(await disk.readText("b")).toBe("two");
          isWritten = true;
          await new Promise(() => undefined);
        }
        found = [await disk.readText("a"), await disk.readText("b"), await disk.readText("log")];
      });
      await sim.until(() => isWritten);
      sim.restart("db");
      await sim.until(() => found.length > 0);
      expect(found).toEqual(["one", undefined, "x"]);
    });
  });

  test("where the disk writes back by itself, any first part of what was not synced may survive, in order", async () => {
    const survived = new Set<string>();
    for (let seed = 1; seed <= 40; seed += 1) {
      await simulate({ seed }, async (sim) => {
        let log: string | undefined;
        const main = async ({ disk, boot }: Parameters<Parameters<typeof sim.host>[1]>[0]): Promise<void> => {
          if (boot === 2) log = (await disk.readText("log")) ?? "";
          else for (const part of ["a", "b", "c"]) await disk.append("log", part);
        };
        sim.host("db", main, { disk: { loses: "some", latency: 1 } });
        await sim.sleep(10);
        sim.restart("db");
        await sim.until(() => log !== undefined);
        survived.add(log ?? "");
      });
    }
    expect([...survived].sort()).toEqual(["", "a", "ab", "abc"]);
  });

  test("a request under way is reset, one to a host that is down refused", async () => {
    await simulate({ seed: 1 }, async (sim) => {
      sim.host("api", ({ net }) => {
        net.serve(echo, async (text) => {
          await sleep("1s");
          return text;
        });
      });
      const reset = outcome(sim.net.request("api", echo, "a"));
      await sim.sleep(500);
      sim.crash("api");
      expect(await reset).toMatchObject({ code: "SIMULATION_NETWORK", failure: "reset" });
      expect(await outcome(sim.net.request("api", echo, "b"))).toMatchObject({
        failure: "refused",
        message: "api is down",
      });
    });
  });

  test("the handler of a crashed asker is told", async () => {
    let reason: unknown;
    await simulate({ seed: 1 }, async (sim) => {
      sim.host("api", ({ net }) => {
        net.serve(echo, async (text, { signal }) => {
          reason = await outcome(sleep("1h", { signal }));
          return text;
        });
      });
      sim.host("client", ({ net }) => net.request("api", echo, "a"));
      await sim.sleep(100);
      sim.crash("client");
      await sim.until(() => reason !== undefined);
    });
    expect(reason).toMatchObject({ failure: "reset", message: 'client has given up on "echo"' });
  });
});

test("stop aborts the host's signal", async () => {
  let isStopped = false;
  await simulate({ seed: 1 }, async (sim) => {
    sim.host("api", async ({ signal }) => {
      await outcome(sleep("1h", { signal }));
      isStopped = true;
    });
    await sim.sleep(10);
    sim.stop("api");
    await sim.until(() => isStopped);
    expect(sim.now()).toBe(10);
  });
});

describe("pause", () => {
  test("nothing of the host runs, its timers are late, and messages wait for it", async () => {
    const seen: string[] = [];
    await simulate({ seed: 1, net: { latency: 1 } }, async (sim) => {
      sim.host("api", async ({ net }) => {
        net.serve(echo, (text) => {
          seen.push(`asked at ${sim.now()}`);
          return text;
        });
        await sleep(50);
        seen.push(`woke at ${sim.now()}, by its own clock ${currentRuntime().now()}`);
      });
      await sim.sleep(10);
      sim.pause("api", 100);
      const answer = sim.net.request("api", echo, "hello");
      expect(await outcome(sim.net.request("api", echo, "late", { timeout: 20 }))).toMatchObject({ code: "TIMEOUT" });
      expect(seen).toEqual([]);
      expect(await answer).toBe("hello");
    });
    // Both questions were asked: the one that was given up waited at the host, as in a kernel's buffer.
    expect(seen.sort()).toEqual(["asked at 110", "asked at 110", "woke at 110, by its own clock 110"]);
  });

  test("two pauses that overlap end with the later one; resume ends both; a crash, too", async () => {
    await simulate({ seed: 1 }, async (sim) => {
      const host = sim.host("api", () => sleep("1h"));
      sim.pause("api", 100);
      sim.pause("api", 30);
      await sim.sleep(50);
      expect(host.isPaused).toBe(true);
      await sim.sleep(60);
      expect(host.isPaused).toBe(false);
      sim.pause("api", 100);
      sim.pause("api");
      sim.resume("api");
      expect(host.isPaused).toBe(false);
      sim.pause("api");
      sim.restart("api");
      expect([host.isPaused, host.isUp, host.boots]).toEqual([false, true, 2]);
    });
  });
});

describe("partition", () => {
  const beats = async (
    strike: (sim: Parameters<Parameters<typeof simulate>[1]>[0]) => void,
  ): Promise<{ readonly a: readonly number[]; readonly b: readonly number[] }> => {
    const got = { a: [] as number[], b: [] as number[] };
    await simulate({ seed: 1, net: { latency: 1 }, duration: 100 }, async (sim) => {
      for (const [name, other] of [
        ["a", "b"],
        ["b", "a"],
      ] as const) {
        sim.host(name, ({ net }) => {
          const socket = net.socket(news);
          spawn(async () => {
            for (let beat = 1; beat <= 9; beat += 1) {
              await sleep(10);
              socket.send(other, beat);
            }
          });
          spawn(async () => {
            for await (const { message } of socket.messages) got[name].push(message);
          });
        });
      }
      await sim.sleep(35);
      strike(sim);
    });
    return got;
  };
  const all = [1, 2, 3, 4, 5, 6, 7, 8, 9];

  test("loses both ways until healed", async () => {
    const rest = [1, 2, 3, 6, 7, 8, 9];
    expect(
      await beats((sim) => {
        sim.partition("a", "b", { lasts: 20 });
      }),
    ).toEqual({ a: rest, b: rest });
    const healed = await beats((sim) => {
      sim.partition("a", ["b"]);
      sim.after(20, () => {
        sim.heal("b", "a");
      });
    });
    expect(healed).toEqual({ a: rest, b: rest });
  });

  test("loses one way only, if asked", async () => {
    expect(
      await beats((sim) => {
        sim.partition("a", "b", { oneWay: true });
      }),
    ).toEqual({ a: all, b: [1, 2, 3] });
  });

  test("the end of one does not end another over the same link; heal ends all", async () => {
    const overlapping = await beats((sim) => {
      sim.partition("a", "b", { lasts: 40 });
      sim.partition("a", "b", { lasts: 10 });
    });
    expect(overlapping.b).toEqual([1, 2, 3, 8, 9]);
    const healed = await beats((sim) => {
      sim.partition("a", "b", { lasts: 40 });
      sim.after(10, () => {
        sim.heal();
      });
    });
    expect(healed.b).toEqual([1, 2, 3, 5, 6, 7, 8, 9]);
  });

  test("a hold keeps messages back and loses none", async () => {
    const { a, b } = await beats((sim) => {
      sim.hold("a", "b", { lasts: 30 });
      sim.after(29, () => {
        sim.note("about to release");
      });
    });
    expect([a.slice(0, 3), b.slice(0, 3)]).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
    expect([...a].sort()).toEqual(all);
    expect([...b].sort()).toEqual(all);
    expect(
      (
        await beats((sim) => {
          sim.hold("a", "b");
        })
      ).a,
    ).toEqual([1, 2, 3]);
  });

  test("a swizzle cuts each host off for a while, and heals all in time", async () => {
    const { a, b } = await beats((sim) => {
      sim.swizzle(["a", "b"], 40);
    });
    expect(a).toEqual(b);
    expect(a.slice(0, 3)).toEqual([1, 2, 3]);
    expect(a.slice(-2)).toEqual([8, 9]);
    expect(a.length).toBeLessThan(9);
  });
});

describe("the network", () => {
  test("drops and duplicates datagrams as often as told", async () => {
    const count = async (net: { readonly drop?: number; readonly duplicate?: number }): Promise<number> => {
      let received = 0;
      await simulate({ seed: 1, net, duration: "1s" }, (sim) => {
        sim.host("a", (host) => {
          const out = host.net.socket(news);
          for (let message = 0; message < 900; message += 1) out.send("b", message);
        });
        sim.host("b", async (host) => {
          const { messages } = host.net.socket(news);
          while ((await messages.recv()).ok) received += 1;
        });
      });
      return received;
    };
    expect(await count({})).toBe(900);
    expect(Math.abs((await count({ drop: 0.2 })) - 720)).toBeLessThan(60);
    expect(Math.abs((await count({ duplicate: 0.1 })) - 990)).toBeLessThan(40);
  });

  test("copies messages, refuses functions, and hands on what a handler throws", async () => {
    await simulate({ seed: 1 }, async (sim) => {
      const swap = endpoint<{ list: number[]; at: Date }, { list: number[] }>("swap");
      const kept = { list: [1, 2] };
      sim.host("api", ({ net }) => {
        net.serve(swap, ({ list, at }) => {
          if (at.getTime() === 0) throw new RangeError("too early");
          list.push(3);
          return kept;
        });
      });
      const sent = { list: [1], at: new Date(5) };
      const answer = await sim.net.request("api", swap, sent);
      answer.list.push(9);
      expect([sent.list, kept.list]).toEqual([[1], [1, 2]]);
      const failed = await outcome(sim.net.request("api", swap, { list: [], at: new Date(0) }));
      expect(failed).toMatchObject({ failure: "remote", message: '"swap" on api failed: too early' });
      const nobody = await outcome(sim.net.request("api", echo, "x"));
      expect(nobody).toMatchObject({ failure: "refused", message: 'nobody serves "echo" on api' });
      expect(await outcome(sim.net.request("nowhere", echo, "x"))).toMatchObject({
        message: 'there is no host "nowhere"',
      });
      expect(() => sim.net.request("api", endpoint<unknown, unknown>("f"), () => 1)).toThrow("without functions");
    });
  });

  test("serves an endpoint once, until disposed", async () => {
    await simulate({ seed: 1 }, async (sim) => {
      const serving = sim.net.serve(echo, (text) => text);
      expect(() => sim.net.serve(echo, (text) => text)).toThrow('Expected "echo" not to be served on test already');
      expect(await sim.net.request("test", echo, "self")).toBe("self");
      serving[Symbol.dispose]();
      expect(await outcome(sim.net.request("test", echo, "self"))).toMatchObject({ failure: "refused" });
      using _again = sim.net.serve(echo, (text) => `${text} again`);
      expect(await sim.net.request("test", echo, "self")).toBe("self again");
    });
    const twice = simulate({ seed: 1 }, async (sim) => {
      sim.host("api", ({ net }) => {
        net.serve(echo, (text) => text);
        net.serve(echo, (text) => `${text} again`);
      });
      await sim.sleep(1);
    });
    await expect(twice).rejects.toThrow('Expected "echo" not to be served on api already');
  });
});

describe("properties", () => {
  test("what was seen is a boolean: a predicate would count as seen", async () => {
    await simulate({ seed: 1 }, (sim) => {
      for (const seen of [() => false, Promise.resolve(false), 1, null]) {
        expect(() => {
          sim.sometimes("x", seen as never);
        }).toThrow("Expected `condition` to be a boolean, got");
      }
    });
  });

  test("always is asked after each event, and tells which one broke it", async () => {
    let leaders = 0;
    const error = await outcome(
      simulate({ seed: 1, duration: "1m" }, (sim) => {
        sim.always("one leader", () => leaders <= 1);
        for (const name of ["a", "b"]) {
          sim.host(name, async () => {
            await sleep(name === "a" ? 10 : 20);
            leaders += 1;
            await sleep("1h");
          });
        }
      }),
    );
    expect(String(error)).toContain('always "one leader" was broken');
    expect(error).toMatchObject({ virtualMs: 20, cause: { code: "SIMULATION_INVARIANT" } });
  });

  test.each([
    ["by the end", {}, "did not come true by the end", 1_000],
    ["within", { within: 300 }, "did not come true within 300.000 ms", 300],
  ])("eventually, %s", async (_, options, message, virtualMs) => {
    const error = await outcome(
      simulate({ seed: 1, duration: "1s" }, (sim) => {
        sim.eventually("done", () => false, options);
      }),
    );
    expect(String(error)).toContain(message);
    expect(error).toMatchObject({ virtualMs, cause: { code: "SIMULATION_LIVENESS" } });
    await simulate({ seed: 1, duration: "1s" }, (sim) => {
      sim.eventually("done", () => sim.now() > 200, options);
      sim.after(250, () => undefined);
    });
  });

  test("eventually after healing: each fault begins it anew, and a world left faulty is never judged", async () => {
    const run = (
      strike: (sim: Parameters<Parameters<typeof simulate>[1]>[0]) => void,
      isDone: () => boolean,
    ): Promise<unknown> =>
      outcome(
        simulate({ seed: 1, duration: "10s" }, (sim) => {
          sim.host("a", () => sleep("1h"));
          sim.host("b", () => sleep("1h"));
          sim.eventually("converged", isDone, { afterHeal: "1s" });
          sim.after("5s", () => {
            strike(sim);
          });
        }),
      );
    let asked = 0;
    const once = (): boolean => (asked += 1) === 1;
    expect(
      String(
        await run((sim) => {
          sim.pause("a", "2s");
        }, once),
      ),
    ).toMatch(/did not come true within 1.000 s of the last fault[^]*virtual time 8.000 s/);
    expect(
      await run(
        (sim) => {
          sim.pause("a", "2s");
        },
        () => true,
      ),
    ).toMatchObject({ virtualMs: 10_000 });
    expect(
      String(
        await run(
          (sim) => {
            sim.partition("a", "b");
          },
          () => true,
        ),
      ),
    ).toMatch(/left faulty, so it was never judged[^]*virtual time 10.000 s/);
  });

  type Strike = (sim: Parameters<Parameters<typeof simulate>[1]>[0]) => void;
  test.each<[string, Strike]>([
    [
      "a partition",
      (sim) => {
        sim.partition("a", "b", { lasts: "2s" });
      },
    ],
    [
      "a hold",
      (sim) => {
        sim.hold("a", "b", { lasts: "2s" });
      },
    ],
    [
      "a pause",
      (sim) => {
        sim.pause("a", "2s");
      },
    ],
    [
      "a crash",
      (sim) => {
        sim.crash("a", "2s");
      },
    ],
    [
      "a drift",
      (sim) => {
        sim.clockDrift("a", 0.1, "2s");
      },
    ],
    [
      "a crash whose end comes early",
      (sim) => {
        sim.crash("a", "1h");
        sim.after("2s", () => {
          sim.restart("a");
        });
      },
    ],
  ])("eventually after healing is not judged while %s lasts", async (_, strike) => {
    const run = (healed: number): Promise<unknown> =>
      outcome(
        simulate({ seed: 1, duration: "10s" }, (sim) => {
          sim.host("a", () => sleep("1h"));
          sim.host("b", () => sleep("1h"));
          sim.eventually("converged", () => sim.now() < 1_000 || sim.now() > healed, { afterHeal: "1s" });
          sim.after("5s", () => {
            strike(sim);
          });
          sim.after("7500ms", () => undefined);
        }),
      );
    expect(await run(7_400)).toMatchObject({ virtualMs: 10_000 });
    expect(String(await run(9_000))).toMatch(
      /within 1.000 s of the last fault, and these wait:\n {2}a waits in sleep\n[^]*virtual time 8.000 s/,
    );
  });
});

test("a plan of faults is data: each strikes at its time and is put into words", async () => {
  const plan: readonly Fault[] = [
    { kind: "crash", host: "a", at: 100, lasts: 50 },
    { kind: "pause", host: "b", at: 200, lasts: 1_500 },
    { kind: "partition", between: ["a", "b"], oneWay: true, at: 300, lasts: 10 },
    { kind: "hold", between: ["a", "b"], at: 400, lasts: 10 },
    { kind: "swizzle", hosts: ["a", "b"], at: 500, lasts: 100 },
    { kind: "skew", host: "a", at: 700, by: -250 },
    { kind: "drift", host: "a", at: 800, lasts: 100, rate: 0.5 },
  ];
  expect(plan.map(describeFault)).toEqual([
    "at 100.000 ms crash a for 50.000 ms",
    "at 200.000 ms pause b for 1.500 s",
    "at 300.000 ms partition a to b for 10.000 ms",
    "at 400.000 ms hold a and b for 10.000 ms",
    "at 500.000 ms swizzle a, b for 100.000 ms",
    "at 700.000 ms skew the clock of a by -250.000 ms",
    "at 800.000 ms drift the clocks of a by 0.5 for 100.000 ms",
  ]);
  let clock: readonly number[] = [];
  await simulate({ seed: 1 }, async (sim) => {
    const a = sim.host("a", async ({ runtime }) => {
      await sleep("1s");
      clock = [runtime.now(), runtime.wallNow() - Date.UTC(2030, 0, 1)];
    });
    const b = sim.host("b", () => sleep("1h"));
    applyFaults(sim, plan);
    await sim.sleep(120);
    expect([a.isUp, a.boots]).toEqual([false, 1]);
    await sim.sleep(100);
    expect([a.isUp, a.boots, b.isPaused]).toEqual([true, 2, true]);
    await sim.until(() => clock.length > 0);
    expect(sim.now()).toBe(1_100);
    expect(clock).toEqual([1_000, 900]);
  });
});

test("faults strike known hosts only, and never the test", async () => {
  await simulate({ seed: 1 }, (sim) => {
    sim.host("api", () => undefined);
    expect(() => {
      sim.crash("apy");
    }).toThrow('Expected a host of this simulation (api), got "apy"');
    expect(() => {
      sim.pause("test");
    }).toThrow("immune to faults");
    expect(() => sim.host("api", () => undefined)).toThrow('Expected no host "api" to be there already');
  });
});

describe("names of nobody", () => {
  test.each<[string, (sim: Simulation) => void]>([
    [
      "partition",
      (sim) => {
        sim.partition("api", "dbb");
      },
    ],
    [
      "hold",
      (sim) => {
        sim.hold("dbb", "api");
      },
    ],
    [
      "heal",
      (sim) => {
        sim.heal("api", "dbb");
      },
    ],
    [
      "release",
      (sim) => {
        sim.release("api", "dbb");
      },
    ],
    [
      "swizzle",
      (sim) => {
        sim.swizzle(["api", "dbb"], "5s");
      },
    ],
  ])("%s refuses them", async (_, strike) => {
    const failed = await outcome(
      simulate({ seed: 1 }, (sim) => {
        sim.host("api", () => undefined);
        sim.host("db", () => undefined);
        strike(sim);
      }),
    );
    expect(String(failed)).toContain('Expected a host of this simulation (api, db), got "dbb"');
  });

  test("the test itself is one end of a link", async () => {
    await simulate({ seed: 1 }, (sim) => {
      sim.host("api", () => undefined);
      sim.partition("test", "api");
      sim.heal();
    });
  });

  test.each<[unknown, string]>([
    [{ kind: "crsh", host: "api", at: 0, lasts: 1 }, 'Expected `faults[0].kind` to be one of "crash"'],
    [{ kind: "crash", at: 0, lasts: 1 }, "Expected `faults[0].host` to be a non-empty string, got `undefined`"],
    [{ kind: "hold", between: ["api"], at: 0, lasts: 1 }, 'Expected `faults[0].between` to be two hosts, got ["api"]'],
    [{ kind: "hold", between: ["api", "api"], at: 0, lasts: 1 }, "Expected `faults[0].between` to be two hosts"],
    [{ kind: "partition", at: 0, lasts: 1 }, "Expected `faults[0].between` to be an array of hosts, got `undefined`"],
    [{ kind: "swizzle", at: 0, lasts: 1 }, "Expected `faults[0].hosts` to be an array of hosts, got `undefined`"],
    [{ kind: "crash", host: "api", at: "1s", lasts: 1 }, "Expected `faults[0].at` to be a number of at least 0"],
    [{ kind: "crash", host: "api", at: 0 }, "Expected `faults[0].lasts` to be a number of at least 0"],
    [{ kind: "crash", host: "test", at: 0, lasts: 1 }, "Expected `faults[0].host` to be another host than the test"],
    [
      { kind: "crash", host: "api", at: 0, last: 1, lasts: 1 },
      'Expected `faults[0]` to have nothing but `kind`, `at`, `host`, `lasts`, got "last"',
    ],
    [
      { kind: "partition", between: ["a", "b"], at: 0, lasts: 1, oneWay: "yes" },
      'Expected `faults[0].oneWay` to be true or false, got "yes"',
    ],
    [
      { kind: "drift", host: "api", at: 0, lasts: 1, rate: 20 },
      "Expected `faults[0].rate` to be a number from -0.9 to 9",
    ],
    [null, "Expected `faults[0].kind` to be one of"],
  ])("the plan %j is refused", async (fault, message) => {
    await expect(simulate({ seed: 1, faults: [fault as Fault] }, () => undefined)).rejects.toThrow(message);
  });

  test("a fault that did not come to strike is of a known host, too", async () => {
    const faults: readonly Fault[] = [{ kind: "hold", between: ["api", "stroe"], at: 60_000, lasts: 1 }];
    const failed = await outcome(
      simulate({ seed: 1, faults }, (sim) => {
        sim.host("api", () => undefined);
      }),
    );
    expect(String(failed)).toContain(
      'the plan of faults is wrong: Expected a host of this simulation (api), got "stroe"',
    );
  });

  test("a plan to replay is checked like any other", async () => {
    process.env["KEELSON_SIM_FAULTS"] = JSON.stringify([{ kind: "pause", host: "api", at: 0, last: 5 }]);
    try {
      await expect(simulate({ seed: 1 }, () => undefined)).rejects.toThrow(
        'Expected `KEELSON_SIM_FAULTS[0]` to have nothing but `kind`, `at`, `host`, `lasts`, got "last"',
      );
    } finally {
      delete process.env["KEELSON_SIM_FAULTS"];
    }
  });
});
