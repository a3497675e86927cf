import { fc, test } from "@fast-check/vitest";
import { ChannelClosedError, mpsc } from "keelson/channels";
import { describe, expect } from "vitest";
import { type Call as RealCall, abortAtEveryStep, atRest, startCall } from "../support/calls.js";
import { runs } from "../support/deep.js";

/** A parked or ended call, as the model sees it. */
interface Call {
  readonly kind: "send" | "reserve" | "recv" | "recvMany";
  readonly wanted: number;
  readonly value: number;
  held: number;
  state: string;
}

/** Bounded FIFO with permits, written for clarity: arrays, and a rescan after every step. */
class Model {
  readonly capacity: number;
  buffer: number[] = [];
  out = 0;
  closed = false;
  senderOpen = true;
  senders: Call[] = [];
  receivers: Call[] = [];

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get free(): number {
    return this.capacity - this.buffer.length - this.out - this.senders.reduce((sum, call) => sum + call.held, 0);
  }

  get ended(): boolean {
    return this.buffer.length === 0 && this.out === 0 && (this.closed || !this.senderOpen);
  }

  /** Moves everything that can move, heads first. */
  run(): void {
    for (let moved = true; moved;) {
      moved = false;
      const sender = this.senders[0];
      if (sender !== undefined && (this.free > 0 || sender.wanted === sender.held)) {
        const given = Math.min(this.free, sender.wanted - sender.held);
        sender.held += given;
        if (sender.held === sender.wanted) {
          this.senders.shift();
          if (sender.kind === "send") this.buffer.push(sender.value);
          else this.out += sender.wanted;
          sender.state = "ok";
          moved = true;
        }
      }
      const receiver = this.receivers[0];
      if (receiver !== undefined && (this.buffer.length > 0 || this.ended)) {
        this.receivers.shift();
        const taken = this.buffer.splice(0, receiver.kind === "recv" ? 1 : receiver.wanted);
        receiver.state = taken.length === 0 ? "end" : `got ${taken.join()}`;
        moved = true;
      }
    }
  }
}

class Real {
  readonly tx: mpsc.Sender<number>;
  readonly rx: mpsc.Receiver<number>;
  readonly calls: RealCall[] = [];
  readonly permits: { send(value: number): void; release(): void }[] = [];

  constructor(capacity: number) {
    [this.tx, this.rx] = mpsc.channel<number>(capacity);
  }
}

interface World {
  readonly model: Model;
  readonly calls: Call[];
  next: number;
}

type Command = fc.AsyncCommand<World, Real>;

async function check(world: World, real: Real): Promise<void> {
  world.model.run();
  await atRest();
  expect(real.calls.map((call) => call.state)).toEqual(world.calls.map((call) => call.state));
  expect(real.rx.length).toBe(world.model.buffer.length);
  expect(real.tx.capacity).toBe(world.model.free);
}

function track(real: Real, start: (signal: AbortSignal) => Promise<string>): void {
  real.calls.push(startCall(start, (error) => (error instanceof ChannelClosedError ? "refused" : String(error))));
}

function command(
  name: string,
  run: (world: World, real: Real) => void,
  enabled = (_: World): boolean => true,
): Command {
  return {
    check: (world) => enabled(world),
    run: async (world, real) => {
      run(world, real);
      await check(world, real);
    },
    toString: () => name,
  };
}

const open = ({ model }: World): boolean => model.senderOpen;

function sending(kind: "send" | "reserve", wanted: number): Command {
  return command(
    `${kind}(${String(wanted)})`,
    (world, real) => {
      const { model } = world;
      const value = (world.next += 1);
      const count = Math.min(wanted, model.capacity);
      const call: Call = { kind, wanted: count, value, held: 0, state: model.closed ? "refused" : "parked" };
      world.calls.push(call);
      if (!model.closed) model.senders.push(call);
      track(real, async (signal) => {
        if (kind === "send") await real.tx.send(value, { signal });
        else real.permits.push(...(await real.tx.reserveMany(count, { signal })));
        return "ok";
      });
    },
    open,
  );
}

function receiving(kind: "recv" | "recvMany", wanted: number): Command {
  return command(`${kind}(${String(wanted)})`, (world, real) => {
    const call: Call = { kind, wanted, value: 0, held: 0, state: "parked" };
    world.calls.push(call);
    world.model.receivers.push(call);
    track(real, async (signal) => {
      if (kind === "recvMany") {
        const messages = await real.rx.recvMany(wanted, { signal });
        return messages.length === 0 ? "end" : `got ${messages.join()}`;
      }
      const result = await real.rx.recv({ signal });
      return result.ok ? `got ${String(result.value)}` : "end";
    });
  });
}

function abort({ model, calls }: World, real: Real, index: number): void {
  const call = calls[index];
  real.calls[index]?.abort();
  if (call?.state !== "parked") return;
  call.state = "aborted";
  model.senders = model.senders.filter((other) => other !== call);
  model.receivers = model.receivers.filter((other) => other !== call);
  model.run(); // what it gives up may end the next call before that is aborted, too
}

const aborting = fc.nat(30).map((at) =>
  command(`abort(${String(at)})`, (world, real) => {
    abort(world, real, world.calls.length === 0 ? 0 : at % world.calls.length);
  }),
);

const abortAll = command("abort all", (world, real) => {
  for (const index of world.calls.keys()) {
    abort(world, real, index);
    world.model.run(); // what one gives back, the next may get before it is aborted itself
  }
});

const usingPermit = fc.boolean().map((send) =>
  command(
    send ? "permit.send" : "permit.release",
    (world, real) => {
      const { model } = world;
      const permit = real.permits.shift();
      const value = (world.next += 1);
      model.out -= 1;
      if (send) {
        model.buffer.push(value);
        permit?.send(value);
      } else {
        permit?.release();
      }
    },
    ({ model }) => model.out > 0,
  ),
);

const rest = fc.constantFrom(
  command(
    "trySend",
    (world, real) => {
      const { model } = world;
      const value = (world.next += 1);
      const fits = !model.closed && model.free > 0;
      if (fits) model.buffer.push(value);
      expect(real.tx.trySend(value)).toBe(fits);
    },
    open,
  ),
  command("tryRecv", ({ model }, real) => {
    const { ended } = model;
    const value = model.buffer.shift();
    const result = real.rx.tryRecv();
    if (value !== undefined) expect(result).toEqual({ ok: true, value });
    else expect(result).toEqual({ ok: false, reason: ended ? "closed" : "empty" });
  }),
  command(
    "tx.close",
    ({ model }, real) => {
      model.senderOpen = false;
      real.tx.close();
    },
    open,
  ),
  command("rx.close", ({ model }, real) => {
    model.closed = true;
    for (const call of model.senders) {
      call.held = 0;
      call.state = "refused";
    }
    model.senders = [];
    real.rx.close();
  }),
);

const step = fc.oneof(
  { weight: 4, arbitrary: fc.constant(sending("send", 1)) },
  { weight: 2, arbitrary: fc.nat(3).map((count) => sending("reserve", count + 1)) },
  { weight: 3, arbitrary: fc.constant(receiving("recv", 1)) },
  { weight: 1, arbitrary: fc.nat(2).map((count) => receiving("recvMany", count + 1)) },
  { weight: 3, arbitrary: aborting },
  { weight: 2, arbitrary: usingPermit },
  { weight: 3, arbitrary: rest },
);

const setup = (capacity: number) => () => ({
  model: { model: new Model(capacity), calls: [], next: 0 },
  real: new Real(capacity),
});

describe("mpsc against its model", () => {
  const capacity = fc.integer({ min: 1, max: 4 });

  test.prop([capacity, fc.commands([step], { maxCommands: 40 })], { numRuns: runs(1500) })(
    "no message is lost or doubled, no slot leaked, whatever is aborted",
    async (slots, commands) => {
      await fc.asyncModelRun(setup(slots), commands);
    },
  );

  test.prop([capacity, fc.commands([step], { maxCommands: 30 })], { numRuns: runs(150) })(
    "an abort of everything at any step leaves no trace",
    async (slots, commands) => {
      for (const steps of abortAtEveryStep(commands, abortAll)) await fc.asyncModelRun(setup(slots), steps);
    },
  );
});
