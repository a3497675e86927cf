import { fc, test } from "@fast-check/vitest";
import { broadcast } from "keelson/channels";
import { describe, expect } from "vitest";
import { type Call, abortAtEveryStep, atRest, startCall } from "../support/calls.js";
import { runs } from "../support/deep.js";

interface Reader {
  /** The number of the next message to see. */
  next: number;
  open: boolean;
}

/** Messages are numbers that count up; what is kept of them is reckoned, not stored. */
class Model {
  readonly capacity: number;
  sent = 0;
  senders = 1;
  readonly readers: Reader[] = [{ next: 0, open: true }];
  readonly waits: { readonly reader: Reader; state: string }[] = [];

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

type Command = fc.AsyncCommand<Model, Real>;

function command(name: string, run: (model: Model, real: Real) => void, enabled?: (model: Model) => boolean): Command {
  return {
    check: (model) => enabled?.(model) ?? true,
    run: async (model, real) => {
      run(model, real);
      model.run();
      await atRest();
      expect(real.calls.map(({ state }) => state)).toEqual(model.waits.map(({ state }) => state));
      const lengths = model.readers.map(({ open, next }) => (open ? model.sent - next : 0));
      expect(real.receivers.map(({ length }) => length)).toEqual(lengths);
      expect(real.observer.strongCount).toBe(model.senders);
      const [tx] = real.senders;
      if (tx === undefined) return;
      expect(tx.length).toBe(Math.min(model.capacity, Math.max(0, ...lengths)));
      expect(tx.receiverCount).toBe(model.open.length);
    },
    toString: () => name,
  };
}

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

function abort(model: Model, real: Real, index: number): void {
  real.calls[index]?.abort();
  const wait = model.waits[index];
  if (wait?.state === "parked") wait.state = "aborted";
}

const aborting = fc.nat(20).map((at) =>
  command(`abort(${String(at)})`, (model, real) => {
    abort(model, real, model.waits.length === 0 ? 0 : at % model.waits.length);
  }),
);

const abortAll = command("abort all", (model, real) => {
  for (const index of model.waits.keys()) abort(model, real, index);
});

const step = fc.oneof(
  { weight: 7, arbitrary: fc.constant(send) },
  { weight: 9, arbitrary: receiving },
  { weight: 3, arbitrary: aborting },
  { weight: 2, arbitrary: rest },
  { weight: 1, arbitrary: closing },
);

const setup = (capacity: number) => () => {
  const [tx, rx] = broadcast.channel<number>(capacity);
  return {
    model: new Model(capacity),
    real: { senders: [tx], observer: tx.downgrade(), receivers: [rx], calls: [] },
  };
};

describe("broadcast against its model", () => {
  const capacity = fc.integer({ min: 1, max: 6 });

  test.prop([capacity, fc.commands([step], { maxCommands: 60 })], { numRuns: runs(1500) })(
    "each receiver gets, in order, all that is sent while it is open, or is told how many it missed",
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
