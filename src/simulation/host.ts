import type { Generator } from "../core/generator.js";
import { checkKnown, checkName } from "../core/check.js";
import { type ClockOptions, HostClock } from "./host-clock.js";
import { Disk, type DiskOptions, type SimulatedDisk } from "./disk.js";
import { HostRuntime } from "./host-runtime.js";
import { HostNet } from "./host-net.js";
import type { SimulatedNet } from "./simulated-net.js";
import type { Network } from "./network.js";
import type { World } from "./world.js";
import type { Runtime } from "../core/runtime.js";

/** What a host's `main` is given: its means to act. */
export interface HostContext {
  /** The host's name. */
  readonly name: string;
  /** How often it was started, this time included. */
  readonly boot: number;
  /** Its runtime, which is the ambient one in its code. */
  readonly runtime: Runtime;
  /** Its network. */
  readonly net: SimulatedNet;
  /** Its disk: all that is left of it after a crash. */
  readonly disk: SimulatedDisk;
  /** Aborts when it is asked to stop. */
  readonly signal: AbortSignal;
  /** Writes a line into the trace, to be read among the last events of a failure. */
  readonly note: (text: string) => void;
}

/** What a host runs: called at its start, and again after each restart. */
export type HostMain = (host: HostContext) => unknown;

/** How a host is set up. */
export interface HostOptions {
  /** How its clocks differ from the world's. */
  readonly clock?: ClockOptions;
  /** How its disk behaves. */
  readonly disk?: DiskOptions;
}

/** A host as the test sees it. */
export interface SimulatedHost {
  /** Its name. */
  readonly name: string;
  /** Whether it runs: not crashed. A paused host is up. */
  readonly isUp: boolean;
  /** Whether it is paused. */
  readonly isPaused: boolean;
  /** Whether its `main` has returned, in this run of it. */
  readonly isDone: boolean;
  /** How often it was started. */
  readonly boots: number;
}

/** A host: a factory, its durable state, and the run of it that is going on. */
export class Host implements SimulatedHost {
  readonly name: string;
  readonly clock: HostClock;
  readonly disk: Disk;
  /** The machine it is on: hosts of one machine share its clocks, and its name is the first one's. */
  machine: string;
  runtime: HostRuntime | undefined = undefined;
  net: HostNet | undefined = undefined;
  isDone = false;
  boots = 0;
  readonly #world: World;
  readonly #network: Network;
  readonly #main: HostMain;
  readonly #random: Generator;
  readonly #ids: Generator;
  readonly #pauses = new Set<object>();
  #stop = new AbortController();

  constructor(world: World, network: Network, name: string, main: HostMain, options: HostOptions) {
    checkName("name", name);
    checkKnown("options", options, { clock: true, disk: true });
    const { clock = {}, disk = {} } = options;
    this.name = name;
    this.machine = name;
    this.#world = world;
    this.#network = network;
    this.#main = main;
    this.clock = new HostClock(() => world.time, clock);
    this.#random = world.generator.fork(`random ${name}`);
    this.#ids = world.generator.fork(`ids ${name}`);
    this.disk = new Disk(world.generator.fork(`disk ${name}`), disk);
    this.start();
  }

  get isUp(): boolean {
    return this.runtime !== undefined;
  }

  get isPaused(): boolean {
    return this.runtime?.isPaused === true;
  }

  /** Whether it can do nothing of itself and is no server, idle until it is asked. */
  get isStuck(): boolean {
    return this.isUp && !this.isPaused && !this.isDone && this.net?.isOpen !== true;
  }

  start(): void {
    if (this.runtime !== undefined) return;
    this.clock.boot();
    const parts = { name: this.name, clock: this.clock, random: this.#random, ids: this.#ids };
    const runtime = new HostRuntime(this.#world, parts);
    const net = new HostNet(this.#network, runtime);
    this.boots += 1;
    this.isDone = false;
    this.runtime = runtime;
    this.net = net;
    this.#stop = new AbortController();
    const context: HostContext = {
      name: this.name,
      boot: this.boots,
      runtime,
      net,
      disk: this.disk.mount(runtime),
      signal: this.#stop.signal,
      note: (text) => {
        this.#world.note(this.name, text);
      },
    };
    runtime.enqueue("start", () => {
      void this.#run(runtime, context);
    });
  }

  /** Asks it to stop, as SIGTERM does. */
  stop(): void {
    const controller = this.#stop;
    this.runtime?.enqueue("stop", () => {
      controller.abort(new Error(`host "${this.name}" is asked to stop`));
    });
  }

  /** Ends it at once: volatile state is gone, nothing of it runs again, `finally` blocks included. */
  crash(): void {
    const { runtime, net } = this;
    if (runtime === undefined) return;
    runtime.stalled = [];
    this.resume();
    this.runtime = undefined;
    this.net = undefined;
    runtime.isAlive = false;
    runtime.waiters.clear();
    this.disk.crash();
    net?.crash();
  }

  /** Lets nothing of it run until resumed as often as it was paused; tells whether it is up to be paused. */
  pause(token: object): boolean {
    if (this.runtime === undefined) return false;
    this.#pauses.add(token);
    this.#world.faults.add(token);
    this.runtime.isPaused = true;
    return true;
  }

  /** Ends one pause, or all of them; tells whether it goes on by that. */
  resume(token?: object): boolean {
    for (const ended of token === undefined ? [...this.#pauses] : [token]) {
      this.#pauses.delete(ended);
      this.#world.faults.delete(ended);
    }
    const { runtime } = this;
    if (runtime === undefined || !runtime.isPaused || this.#pauses.size > 0) return false;
    runtime.isPaused = false;
    for (const event of runtime.stalled.splice(0)) this.#world.ready.push(event);
    return true;
  }

  setDrift(drift: number): void {
    const mine = this.#world.timers.all().filter(({ world }) => world === this.runtime);
    const left = mine.map((timer) => (timer.due - this.#world.time) * (1 + this.clock.drift));
    this.clock.setDrift(drift);
    mine.forEach((timer, index) => {
      timer.reset(left[index] ?? 0);
    });
  }

  /** The simulation is over. */
  end(): void {
    if (this.runtime !== undefined) this.runtime.isAlive = false;
  }

  async #run(runtime: HostRuntime, context: HostContext): Promise<void> {
    try {
      await this.#main(context);
      if (runtime.isAlive) this.isDone = true;
    } catch (error) {
      if (runtime.isAlive)
        this.#world.fail(this.name === "test" ? "the test failed" : `host "${this.name}" failed`, error);
    }
  }
}
