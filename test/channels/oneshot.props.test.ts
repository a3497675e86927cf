import { fc, test } from "@fast-check/vitest";
import { oneshot } from "keelson/channels";
import { describe, expect } from "vitest";
import { type Call, abortAtEveryStep, atRest, startCall } from "../support/calls.js";
import { runs } from "../support/deep.js";

interface Wait {
  readonly kind: "recv" | "closed";
  state: string;
}

/** One slot for one value, written for clarity. */
class Model {
  stage: "open" | "full" | "ended" = "open";
  /** Whether the sender has been used or closed. */
  senderGone = false;
  /** Whether the receiver takes nothing more. */
  receiverGone = false;
  readonly waits: Wait[] = [];

  /** Takes what is there. */
  take(): string {
    if (this.stage !== "full") return this.stage === "open" ? "empty" : "closed";
    this.stage = "ended";
    this.receiverGone = true;
    return "got 7";
  }

  /** Ends the waits that can end, in order. */
  run(): void {
    for (const wait of this.waits) {
      if (wait.state !== "parked" || wait.kind === "closed") continue;
      const taken = this.take();
      if (taken !== "empty") wait.state = taken;
    }
    for (const wait of this.waits) {
      if (wait.state === "parked" && wait.kind === "closed" && this.receiverGone) wait.state = "gone";
    }
  }
}

interface Real {
  readonly tx: oneshot.Sender<number>;
  readonly rx: oneshot.Receiver<number>;
  readonly calls: Call[];
}

type Command = fc.AsyncCommand<Model, Real>;

function command(name: string, run: (model: Model, real: Real) => void): Command {
  return {
    check: () => true,
    run: async (model, real) => {
      run(model, real);
      model.run();
      await atRest();
      expect(real.calls.map(({ state }) => state)).toEqual(model.waits.map(({ state }) => state));
      expect(real.rx.isEmpty).toBe(model.stage !== "full");
      expect(real.rx.isTerminated).toBe(model.stage === "ended");
      expect(real.tx.isClosed).toBe(model.receiverGone);
    },
    toString: () => name,
  };
}

const shown = (result: { readonly ok: boolean; readonly value?: number; readonly reason?: string }): string =>
  result.ok ? `got ${String(result.value)}` : String(result.reason);

const recv = command("recv", (model, real) => {
  model.waits.push({ kind: "recv", state: "parked" });
  real.calls.push(startCall(async (signal) => shown(await real.rx.recv({ signal }))));
});

const closed = command("closed", (model, real) => {
  model.waits.push({ kind: "closed", state: "parked" });
  real.calls.push(startCall((signal) => real.tx.closed({ signal }).then(() => "gone")));
});

const tryRecv = command("tryRecv", (model, { rx }) => {
  expect(shown(rx.tryRecv())).toBe(model.take());
});

const send = command("send", (model, { tx }) => {
  if (model.senderGone) {
    expect(() => tx.send(8)).toThrow(TypeError);
    return;
  }
  model.senderGone = true;
  if (!model.receiverGone) model.stage = "full";
  expect(tx.send(7)).toBe(!model.receiverGone);
});

const closeSender = command("tx.close", (model, { tx }) => {
  if (!model.senderGone) model.stage = "ended";
  model.senderGone = true;
  tx.close();
});

const closeReceiver = command("rx.close", (model, { rx }) => {
  if (model.stage === "open") model.stage = "ended";
  model.receiverGone = true;
  rx.close();
});

const dispose = command("rx dispose", (model, { rx }) => {
  model.stage = "ended";
  model.receiverGone = true;
  rx[Symbol.dispose]();
});

function abort(model: Model, real: Real, index: number): void {
  real.calls[index]?.abort();
  const wait = model.waits[index];
  if (wait?.state === "parked") wait.state = "aborted";
}

const aborting = fc.nat(10).map((at) =>
  command(`abort(${String(at)})`, (model, real) => {
    abort(model, real, model.waits.length === 0 ? 0 : at % model.waits.length);
  }),
);

const abortAll = command("abort all", (model, real) => {
  for (const index of model.waits.keys()) abort(model, real, index);
});

const step = fc.oneof(
  { weight: 5, arbitrary: fc.constant(recv) },
  { weight: 2, arbitrary: fc.constant(closed) },
  { weight: 3, arbitrary: aborting },
  { weight: 3, arbitrary: fc.constantFrom(send, tryRecv) },
  { weight: 1, arbitrary: fc.constantFrom(closeSender, closeReceiver, dispose) },
);

function setup(): { model: Model; real: Real } {
  const [tx, rx] = oneshot.channel<number>();
  return { model: new Model(), real: { tx, rx, calls: [] } };
}

describe("oneshot against its model", () => {
  test.prop([fc.commands([step], { maxCommands: 20 })], { numRuns: runs(1500) })(
    "the value comes to one who waits, or the end to all, whatever is aborted",
    async (commands) => {
      await fc.asyncModelRun(setup, commands);
    },
  );

  test.prop([fc.commands([step], { maxCommands: 20 })], { numRuns: runs(200) })(
    "an abort of everything at any step leaves no trace",
    async (commands) => {
      for (const steps of abortAtEveryStep(commands, abortAll)) await fc.asyncModelRun(setup, steps);
    },
  );
});
