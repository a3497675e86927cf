import { fc } from "@fast-check/vitest";
import { oneshot } from "keelson/channels";
import { describe, expect } from "vitest";
import { type Wait, keepsToModel, modelSteps } from "../support/against-model.js";
import { type Call, startCall } from "../support/calls.js";

interface OneshotWait extends Wait {
  readonly kind: "recv" | "closed";
}

/** One slot for one value, written for clarity. */
class Model {
  stage: "open" | "full" | "ended" = "open";
  /** Whether the sender has been used or closed. */
  senderGone = false;
  /** Whether the receiver takes nothing more. */
  receiverGone = false;
  readonly waits: OneshotWait[] = [];

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

const { command, aborting, abortAll } = modelSteps<OneshotWait, Model, Real>({
  run: (model) => {
    model.run();
  },
  compare: (model, { tx, rx }) => {
    expect(rx.isEmpty).toBe(model.stage !== "full");
    expect(rx.isTerminated).toBe(model.stage === "ended");
    expect(tx.isClosed).toBe(model.receiverGone);
  },
});

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
  const law = "the value comes to one who waits, or the end to all, whatever is aborted";
  keepsToModel({ law, maxSteps: 20, step, abortAll, setup });
});
