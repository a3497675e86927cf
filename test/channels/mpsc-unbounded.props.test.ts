import { fc, test } from "@fast-check/vitest";
import { ChannelClosedError, mpsc } from "keelson/channels";
import { describe, expect } from "vitest";
import { type Call, abortAtEveryStep, atRest, startCall } from "../support/calls.js";
import { runs } from "../support/deep.js";

interface Wait {
  readonly kind: "recv" | "recvMany" | "readable";
  state: string;
}

/** A queue without a bound, written for clarity. */
class Model {
  buffer: number[] = [];
  closed = false;
  senders = 1;
  next = 0;
  readonly discarded: number[] = [];
  readonly waits: Wait[] = [];

  get ended(): boolean {
    return this.buffer.length === 0 && (this.closed || this.senders === 0);
  }

  /** What one who receives takes now, at most `max` messages; `undefined` while there is nothing to tell. */
  take(max: number): string | undefined {
    if (this.buffer.length === 0) return this.ended ? "end" : undefined;
    return `got ${this.buffer.splice(0, max).join()}`;
  }

  run(): void {
    for (const wait of this.waits) {
      if (wait.state !== "parked") continue;
      if (wait.kind !== "readable") wait.state = this.take(wait.kind === "recv" ? 1 : 3) ?? "parked";
      else if (this.buffer.length > 0) wait.state = "readable";
      else if (this.ended) wait.state = "end";
    }
  }
}

interface Real {
  readonly senders: mpsc.UnboundedSender<number>[];
  readonly weak: mpsc.WeakUnboundedSender<number>;
  readonly rx: mpsc.Receiver<number>;
  readonly calls: Call[];
  readonly discarded: number[];
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
      expect(real.rx.length).toBe(model.buffer.length);
      expect(real.rx.isClosed).toBe(model.closed || model.senders === 0);
      expect(real.rx.senderStrongCount).toBe(model.senders);
      expect(real.discarded).toEqual(model.discarded);
    },
    toString: () => name,
  };
}

const hasSender = ({ senders }: Model): boolean => senders > 0;

const sending = fc.boolean().map((tries) =>
  command(
    tries ? "trySend" : "send",
    (model, { senders: [tx] }) => {
      const value = (model.next += 1);
      if (!model.closed) model.buffer.push(value);
      if (tries) expect(tx?.trySend(value)).toBe(!model.closed);
      else if (!model.closed) tx?.send(value);
      else expect(() => tx?.send(value)).toThrow(ChannelClosedError);
    },
    hasSender,
  ),
);

const receiving = fc.constantFrom("recv" as const, "recvMany" as const, "readable" as const).map((kind) =>
  command(kind, (model, { rx, calls }) => {
    model.waits.push({ kind, state: "parked" });
    const start = async (signal: AbortSignal): Promise<string> => {
      if (kind === "readable") return (await rx.readable({ signal })) ? "readable" : "end";
      const result = kind === "recv" ? await rx.recv({ signal }) : await rx.recvMany(3, { signal });
      if (Array.isArray(result)) return result.length === 0 ? "end" : `got ${result.join()}`;
      return result.ok ? `got ${String(result.value)}` : "end";
    };
    calls.push(startCall(start));
  }),
);

const rest = fc.constantFrom(
  command("tryRecv", (model, { rx }) => {
    const taken = model.take(1);
    const result = rx.tryRecv();
    if (result.ok) expect(`got ${String(result.value)}`).toBe(taken);
    else expect(result.reason).toBe(taken === "end" ? "closed" : "empty");
  }),
  command(
    "clone",
    (model, { senders }) => {
      model.senders += 1;
      senders.push(senders[0]?.clone() ?? expect.unreachable());
    },
    hasSender,
  ),
  command("upgrade", (model, { senders, weak }) => {
    const sender = weak.upgrade();
    expect(sender === undefined).toBe(model.senders === 0);
    if (sender === undefined) return;
    model.senders += 1;
    senders.push(sender);
  }),
);

const ending = fc.constantFrom(
  command(
    "tx.close",
    (model, { senders }) => {
      model.senders -= 1;
      senders.pop()?.close();
    },
    hasSender,
  ),
  command("rx.close", (model, { rx }) => {
    model.closed = true;
    rx.close();
  }),
  command("rx dispose", (model, { rx }) => {
    model.closed = true;
    model.discarded.push(...model.buffer.splice(0));
    rx[Symbol.dispose]();
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
  { weight: 6, arbitrary: sending },
  { weight: 6, arbitrary: receiving },
  { weight: 3, arbitrary: aborting },
  { weight: 3, arbitrary: rest },
  { weight: 1, arbitrary: ending },
);

function setup(): { model: Model; real: Real } {
  const discarded: number[] = [];
  const [tx, rx] = mpsc.unbounded<number>({ onDiscard: (message) => discarded.push(message) });
  return { model: new Model(), real: { senders: [tx], weak: tx.downgrade(), rx, calls: [], discarded } };
}

describe("unbounded mpsc against its model", () => {
  test.prop([fc.commands([step], { maxCommands: 40 })], { numRuns: runs(1500) })(
    "no message is lost or doubled, whatever is aborted or closed",
    async (commands) => {
      await fc.asyncModelRun(setup, commands);
    },
  );

  test.prop([fc.commands([step], { maxCommands: 30 })], { numRuns: runs(150) })(
    "an abort of everything at any step leaves no trace",
    async (commands) => {
      for (const steps of abortAtEveryStep(commands, abortAll)) await fc.asyncModelRun(setup, steps);
    },
  );
});
