import { type Duration, toMs } from "../core/duration.js";
import { checkFunction, checkKnown } from "../core/check.js";
import { checkBoolean } from "../core/check-type.js";
import { PENDING, type Source, type Waiter } from "../core/selectable.js";
import { type WaitOptions, wait } from "../core/wait.js";
import { FaultInjection, type HostNames } from "./fault-injection.js";
import { addHost } from "./add-host.js";
import type { HostContext, HostMain, HostOptions, SimulatedHost } from "./host.js";
import type { Network } from "./network.js";
import { ask } from "./properties.js";
import { type StoreHostOptions, addStoreHost } from "./store-host.js";
import type { SimulatedNet } from "./simulated-net.js";
import type { World } from "./world.js";

/** How long a fault lasts. */
export interface FaultOptions {
  /** Ends it by itself after this long; without it, it goes on until told otherwise. */
  readonly lasts?: Duration | undefined;
}

/**
 * A simulated world in the hands of a test.
 *
 * @remarks
 * The test is a host itself, called `test`: it has virtual time and a network, no fault strikes it, and it shares no
 * primitive with the others. Faults strike at the call.
 */
export interface Simulation {
  /** What the whole run follows from. */
  readonly seed: number;
  /** The test's own side of the network. */
  readonly net: SimulatedNet;
  /** Virtual milliseconds since the start. */
  now(): number;
  /** Waits on the test's clock. */
  sleep(duration: Duration, options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
  /** Does something later, on the test's clock. */
  after(duration: Duration, act: () => void): void;
  /**
   * Waits until a predicate holds; it is asked after each event.
   *
   * @throws TimeoutError when `timeout` is over first.
   */
  until(predicate: () => boolean, options?: WaitOptions): Promise<void>;
  /** Writes a line into the trace, to be read among the last events of a failure. */
  note(text: string): void;

  /**
   * Adds a host and starts it. `main` is called again after each restart: what is to outlive a crash is on its disk.
   *
   * @remarks A `main` that rejects fails the simulation; one that returns leaves its timers and servers behind.
   * @throws TypeError when there is one of that name.
   */
  host(name: string, main: HostMain, options?: HostOptions): SimulatedHost;
  /**
   * Adds a host that serves a store, which `remoteStore` reaches from the others.
   *
   * @remarks
   * The store is durable: what it has acknowledged survives the host's crash, and leases go on to age meanwhile, as
   * behind a server process that is restarted. For a store that is lost with its host use `serveStore`.
   */
  store(name: string, options?: StoreHostOptions): SimulatedHost;
  /** Asks a host to stop: its `signal` aborts, as on `SIGTERM`. */
  stop(name: string): void;
  /** `kill -9`: nothing of the host runs any more, not even `finally`; what its disk had not synced is lost. */
  crash(name: string, lasts?: Duration): void;
  /** Starts a crashed host anew; crashes it first if it is up. */
  restart(name: string): void;
  /** Stops the host as a garbage collection or `SIGSTOP` does: nothing of it runs, and the world goes on. */
  pause(name: string, lasts?: Duration): void;
  /** Lets a paused host go on; what was due meanwhile happens now. */
  resume(name: string): void;
  /** Loses messages between hosts, those under way included: both ways, or only what the first send. */
  partition(one: HostNames, other: HostNames, options?: FaultOptions & { readonly oneWay?: boolean }): void;
  /** Keeps back messages between hosts until they are released. */
  hold(one: HostNames, other: HostNames, options?: FaultOptions): void;
  /** Lets messages between hosts go that were held; all without names. */
  release(one?: HostNames, other?: HostNames): void;
  /** Ends partitions and holds between hosts; all without names. Crashed and paused hosts stay so. */
  heal(one?: HostNames, other?: HostNames): void;
  /** Cuts hosts off one by one, then heals them in another order, within `lasts`. */
  swizzle(hosts: readonly string[], lasts: Duration): void;
  /** Lets a host's wall clock jump ahead, or back if negative, by so many milliseconds. */
  clockSkew(name: string, ms: number): void;
  /** Lets a host's clocks run faster by that share, or slower if negative; its timers follow. */
  clockDrift(name: string, rate: number, lasts?: Duration): void;

  /** Fails the simulation as soon as the predicate is false or throws; it is asked after each event. */
  always(name: string, predicate: () => boolean): void;
  /**
   * Fails the simulation unless the predicate comes true in time: `within` so long from now, `afterHeal` so long after
   * the end of the last fault (and again after each), by the end otherwise.
   */
  eventually(
    name: string,
    predicate: () => boolean,
    options?: { readonly within?: Duration; readonly afterHeal?: Duration },
  ): void;
  /** Counts that something worth testing has been seen; `simTest` fails if none of its runs has. */
  sometimes(name: string, condition?: boolean): void;
}

/** The test's view of a world. */
export function createSimulation(world: World, network: Network, test: HostContext): Simulation {
  const faults = new FaultInjection(world, network);
  const { runtime } = test;
  return {
    seed: world.options.seed,
    net: test.net,
    now: () => world.time,
    sleep: (duration, options) => runtime.sleep(toMs(duration), options),
    after(duration, act) {
      runtime.timer(toMs(duration), act, "after");
    },
    until(predicate, options) {
      checkFunction("predicate", predicate);
      return wait(runtime, "until", condition(world, test, predicate), options);
    },
    note(text) {
      test.note(text);
    },
    host(name, main, options = {}) {
      checkFunction("main", main);
      return addHost(world, network, name, main, options);
    },
    store(name, options = {}) {
      return addStoreHost(world, network, name, options);
    },
    stop(name) {
      faults.stop(name);
    },
    crash(name, lasts) {
      faults.crash(name, lasts);
    },
    restart(name) {
      faults.restart(name);
    },
    pause(name, lasts) {
      faults.pause(name, lasts);
    },
    resume(name) {
      faults.resume(name);
    },
    partition(one, other, options = {}) {
      checkKnown("options", options, { oneWay: true, lasts: true });
      const { oneWay = false, lasts } = options;
      faults.cut(one, other, oneWay, lasts);
    },
    hold(one, other, options = {}) {
      checkKnown("options", options, { lasts: true });
      faults.hold(one, other, options.lasts);
    },
    release(one, other) {
      faults.mend("release", one, other);
    },
    heal(one, other) {
      faults.mend("heal", one, other);
    },
    swizzle(hosts, lasts) {
      faults.swizzle(hosts, lasts);
    },
    clockSkew(name, ms) {
      faults.skew(name, ms);
    },
    clockDrift(name, rate, lasts) {
      faults.drift(name, rate, lasts);
    },
    always(name, predicate) {
      checkFunction("predicate", predicate);
      world.properties.always(name, predicate);
    },
    eventually(name, predicate, options = {}) {
      checkFunction("predicate", predicate);
      checkKnown("options", options, { within: true, afterHeal: true });
      const { within, afterHeal } = options;
      world.properties.eventually(name, predicate, {
        within: within === undefined ? undefined : toMs(within, "within"),
        afterHeal: afterHeal === undefined ? undefined : toMs(afterHeal, "afterHeal"),
      });
    },
    sometimes(name, isSeen = true) {
      checkBoolean("condition", isSeen);
      world.properties.sometimes(name, isSeen);
    },
  };
}

/** A predicate as something to wait for. */
function condition(world: World, test: HostContext, predicate: () => boolean): Source<void> {
  let forget: (() => void) | undefined;
  return {
    poll: () => (ask("until", predicate) ? undefined : PENDING),
    arm(waiter: Waiter<void>) {
      forget = world.properties.until(predicate, () => {
        world.hosts.get(test.name)?.runtime?.enqueue("until", () => {
          waiter.commit();
        });
      });
    },
    disarm() {
      forget?.();
    },
  };
}
