import { fc } from "@fast-check/vitest";
import { ChannelClosedError, mpsc } from "keelson/channels";
import { describe, expect } from "vitest";
import { type Wait, keepsToModel, modelSteps } from "../support/against-model.js";
import { type Call, startCall } from "../support/calls.js";

/** A parked or ended call, as the model sees it. */
interface MpscWait extends Wait {
  readonly kind: "send" | "reserve" | "recv" | "recvMany";
  readonly wanted: number;
  readonly value: number;
  held: number;
}

/** Bounded FIFO with permits, written for clarity: arrays, and a rescan after every step. */
class Model {
  readonly capacity: number;
  buffer: number[] = [];
  out = 0;
  closed = false;
  senderOpen = true;
  senders: MpscWait[] = [];
  receivers: MpscWait[] = [];
  readonly waits: MpscWait[] = [];
  /** The number of the last message. */
  last = 0;

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
  readonly calls: Call[] = [];
  readonly permits: { send(value: number): void; release(): void }[] = [];

  constructor(capacity: number) {
    [this.tx, this.rx] = mpsc.channel<number>(capacity);
  }
}

function track(real: Real, start: (signal: AbortSignal) => Promise<string>): void {
  real.calls.push(startCall(start, (error) => (error instanceof ChannelClosedError ? "refused" : String(error))));
}

const { command, aborting, abortAll } = modelSteps<MpscWait, Model, Real>({
  run: (model) => {
    model.run();
  },
  compare: (model, { tx, rx }) => {
    expect(rx.length).toBe(model.buffer.length);
    expect(tx.capacity).toBe(model.free);
  },
  aborted: (model, wait) => {
    model.senders = model.senders.filter((other) => other !== wait);
    model.receivers = model.receivers.filter((other) => other !== wait);
    model.run(); // what it gives up may end the next call before that is aborted, too
  },
});

type Command = ReturnType<typeof command>;

const open = ({ senderOpen }: Model): boolean => senderOpen;

function sending(kind: "send" | "reserve", wanted: number): Command {
  return command(
    `${kind}(${String(wanted)})`,
    (model, real) => {
      const value = (model.last += 1);
      const count = Math.min(wanted, model.capacity);
      const call: MpscWait = { kind, wanted: count, value, held: 0, state: model.closed ? "refused" : "parked" };
      model.waits.push(call);
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
  return command(`${kind}(${String(wanted)})`, (model, real) => {
    const call: MpscWait = { kind, wanted, value: 0, held: 0, state: "parked" };
    model.waits.push(call);
    model.receivers.push(call);
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

const usingPermit = fc.boolean().map((send) =>
  command(
    send ? "permit.send" : "permit.release",
    (model, real) => {
      const permit = real.permits.shift();
      const value = (model.last += 1);
      model.out -= 1;
      if (send) {
        model.buffer.push(value);
        permit?.send(value);
      } else {
        permit?.release();
      }
    },
    ({ out }) => out > 0,
  ),
);

const rest = fc.constantFrom(
  command(
    "trySend",
    (model, real) => {
      const value = (model.last += 1);
      const fits = !model.closed && model.free > 0;
      if (fits) model.buffer.push(value);
      expect(real.tx.trySend(value)).toBe(fits);
    },
    open,
  ),
  command("tryRecv", (model, real) => {
    const { ended } = model;
    const value = model.buffer.shift();
    const result = real.rx.tryRecv();
    if (value !== undefined) expect(result).toEqual({ ok: true, value });
    else expect(result).toEqual({ ok: false, reason: ended ? "closed" : "empty" });
  }),
  command(
    "tx.close",
    (model, real) => {
      model.senderOpen = false;
      real.tx.close();
    },
    open,
  ),
  command("rx.close", (model, real) => {
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

const setup = (capacity: number): { model: Model; real: Real } => ({
  model: new Model(capacity),
  real: new Real(capacity),
});

describe("mpsc against its model", () => {
  const law = "no message is lost or doubled, no slot leaked, whatever is aborted";
  keepsToModel({ law, maxSteps: 40, step, abortAll, capacity: fc.integer({ min: 1, max: 4 }), setup });
});
