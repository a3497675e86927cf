import { fc } from "@fast-check/vitest";
import { broadcast } from "keelson/channels";
import { describe, expect } from "vitest";
import { type Wait, keepsToModel, modelSteps } from "../support/against-model.js";
import { type Call, startCall } from "../support/calls.js";

interface Reader {
  /** The number of the next message to see. */
  next: number;
  open: boolean;
}

interface BroadcastWait extends Wait {
  readonly reader: Reader;
}

/** Messages are numbers that count up; what is kept of them is reckoned, not stored. */
class Model {
  readonly capacity: number;
  sent = 0;
  senders = 1;
  readonly readers: Reader[] = [{ next: 0, open: true }];
  readonly waits: BroadcastWait[] = [];

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get open(): readonly Reader[] {
    return this.readers.filter(({ open }) => open);
  }

  /** What a reader takes now. */
  take(reader: Reader): string {
    if (!reader.open) return "closed";
    if (reader.next === this.sent) return this.senders === 0 ? "closed" : "empty";
    const missed = this.sent - this.capacity - reader.next;
    if (missed <= 0) return `got ${String(reader.next++)}`;
    reader.next += missed;
    return `missed ${String(missed)}`;
  }

  run(): void {
    for (const wait of this.waits) {
      if (wait.state !== "parked") continue;
      const taken = this.take(wait.reader);
      if (taken !== "empty") wait.state = taken;
    }
  }
}

interface Real {
  readonly senders: broadcast.Sender<number>[];
  readonly observer: broadcast.WeakSender<number>;
  readonly receivers: broadcast.Receiver<number>[];
  readonly calls: Call[];
}

const { command, aborting, abortAll } = modelSteps<BroadcastWait, Model, Real>({
  run: (model) => {
    model.run();
  },
  compare: (model, real) => {
    const lengths = model.readers.map(({ open, next }) => (open ? model.sent - next : 0));
    expect(real.receivers.map(({ length }) => length)).toEqual(lengths);
    expect(real.observer.strongCount).toBe(model.senders);
    const [tx] = real.senders;
    if (tx === undefined) return;
    expect(tx.length).toBe(Math.min(model.capacity, Math.max(0, ...lengths)));
    expect(tx.receiverCount).toBe(model.open.length);
  },
});

const hasSender = ({ senders }: Model): boolean => senders > 0;

type Result = ReturnType<broadcast.Receiver<number>["tryRecv"]>;

function shown(result: Result): string {
  if (result.ok) return `got ${String(result.value)}`;
  return result.reason === "lagged" ? `missed ${String(result.missed)}` : result.reason;
}

const send = command(
  "send",
  (model, { senders }) => {
    const heard = model.open.length;
    expect(senders[0]?.send(model.sent)).toBe(heard);
    if (heard > 0) model.sent += 1;
  },
  hasSender,
);

const rest = fc.constantFrom(
  command(
    "subscribe",
    (model, { senders, receivers }) => {
      model.readers.push({ next: model.sent, open: true });
      receivers.push(senders[0]?.subscribe() ?? expect.unreachable());
    },
    hasSender,
  ),
  command(
    "clone",
    (model, { senders }) => {
      model.senders += 1;
      senders.push(senders[0]?.clone() ?? expect.unreachable());
    },
    hasSender,
  ),
  command(
    "tx.close",
    (model, { senders }) => {
      model.senders -= 1;
      senders.pop()?.close();
    },
    hasSender,
  ),
);

const receiving = fc.tuple(fc.constantFrom("tryRecv", "recv", "recv", "resubscribe"), fc.nat(9)).map(([of, n]) =>
  command(`${of}(${String(n)})`, (model, { receivers, calls }) => {
    const at = n % model.readers.length;
    const reader = model.readers[at] ?? expect.unreachable();
    const rx = receivers[at] ?? expect.unreachable();
    if (of === "tryRecv") expect(shown(rx.tryRecv())).toBe(model.take(reader));
    else if (of === "recv") {
      model.waits.push({ reader, state: "parked" });
      calls.push(startCall(async (signal) => shown(await rx.recv({ signal }))));
    } else {
      model.readers.push({ next: model.sent, open: true });
      receivers.push(rx.resubscribe());
    }
  }),
);

const closing = fc.nat(9).map((n) =>
  command(`close(${String(n)})`, (model, { receivers }) => {
    const at = n % model.readers.length;
    receivers[at]?.close();
    const reader = model.readers[at];
    if (reader !== undefined) reader.open = false;
  }),
);

const step = fc.oneof(
  { weight: 7, arbitrary: fc.constant(send) },
  { weight: 9, arbitrary: receiving },
  { weight: 3, arbitrary: aborting },
  { weight: 2, arbitrary: rest },
  { weight: 1, arbitrary: closing },
);

function setup(capacity: number): { model: Model; real: Real } {
  const [tx, rx] = broadcast.channel<number>(capacity);
  return {
    model: new Model(capacity),
    real: { senders: [tx], observer: tx.downgrade(), receivers: [rx], calls: [] },
  };
}

describe("broadcast against its model", () => {
  const law = "each receiver gets, in order, all that is sent while it is open, or is told how many it missed";
  keepsToModel({ law, maxSteps: 60, step, abortAll, capacity: fc.integer({ min: 1, max: 6 }), setup });
});
