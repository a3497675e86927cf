import { fc } from "@fast-check/vitest";
import { watch } from "keelson/channels";
import { describe, expect } from "vitest";
import { type Wait, keepsToModel, modelSteps } from "../support/against-model.js";
import { type Call, startCall } from "../support/calls.js";

interface ReceiverWait extends Wait {
  readonly receiver: number;
}

interface Model {
  value: number;
  version: number;
  open: boolean;
  /** For each receiver the version it has seen; `undefined` once closed. */
  seen: (number | undefined)[];
  readonly waits: ReceiverWait[];
}

interface Real {
  readonly tx: watch.Sender<number>;
  readonly receivers: watch.Receiver<number>[];
  readonly calls: Call[];
}

const { command, aborting, abortAll } = modelSteps<ReceiverWait, Model, Real>({
  run: (model) => {
    for (const wait of model.waits) {
      if (wait.state !== "parked") continue;
      const seen = model.seen[wait.receiver];
      if (seen === undefined) wait.state = "false";
      else if (seen !== model.version) {
        wait.state = "true";
        model.seen[wait.receiver] = model.version;
      } else if (!model.open) wait.state = "false";
    }
  },
  compare: (model, { tx, receivers }) => {
    const live = model.seen.map((seen) => seen !== undefined && seen !== model.version);
    expect(receivers.map((rx) => rx.hasChanged())).toEqual(live);
    expect(tx.value).toBe(model.value);
    expect(tx.receiverCount).toBe(model.seen.filter((seen) => seen !== undefined).length);
  },
});

const open = (model: Model): boolean => model.open;
const at = (items: readonly unknown[], index: number): number => (items.length === 0 ? 0 : index % items.length);

const senders = fc.nat(3).chain((value) =>
  fc.constantFrom(
    command(
      `send(${String(value)})`,
      (model, real) => {
        const heard = model.seen.some((seen) => seen !== undefined);
        if (heard) {
          model.value = value;
          model.version += 1;
        }
        expect(real.tx.send(value)).toBe(heard);
      },
      open,
    ),
    command(
      `sendReplace(${String(value)})`,
      (model, real) => {
        expect(real.tx.sendReplace(value)).toBe(model.value);
        model.value = value;
        model.version += 1;
      },
      open,
    ),
    command(
      "sendModify",
      (model, real) => {
        real.tx.sendModify(() => undefined);
        model.version += 1;
      },
      open,
    ),
    command(
      "subscribe",
      (model, real) => {
        model.seen.push(model.version);
        real.receivers.push(real.tx.subscribe());
      },
      open,
    ),
  ),
);

const receivers = fc.nat(5).chain((n) =>
  fc.constantFrom(
    command(`changed(${String(n)})`, (model, real) => {
      const receiver = at(model.seen, n);
      model.waits.push({ receiver, state: "parked" });
      real.calls.push(startCall(async (signal) => String(await real.receivers[receiver]?.changed({ signal }))));
    }),
    command(`take(${String(n)})`, (model, real) => {
      const receiver = at(model.seen, n);
      expect(real.receivers[receiver]?.take()).toBe(model.value);
      if (model.seen[receiver] !== undefined) model.seen[receiver] = model.version;
    }),
    command(`markChanged(${String(n)})`, (model, real) => {
      const receiver = at(model.seen, n);
      real.receivers[receiver]?.markChanged();
      if (model.seen[receiver] !== undefined) model.seen[receiver] = -1;
    }),
    command(
      `clone(${String(n)})`,
      (model, real) => {
        const receiver = at(model.seen, n);
        const clone = real.receivers[receiver]?.clone();
        if (clone === undefined || model.seen[receiver] === undefined) return;
        real.receivers.push(clone);
        model.seen.push(model.seen[receiver]);
      },
      (model) => model.seen[at(model.seen, n)] !== undefined,
    ),
    command(`close(${String(n)})`, (model, real) => {
      const receiver = at(model.seen, n);
      real.receivers[receiver]?.close();
      model.seen[receiver] = undefined;
    }),
  ),
);

const closing = fc.constant(
  command(
    "tx.close",
    (model, real) => {
      model.open = false;
      real.tx.close();
    },
    open,
  ),
);

const step = fc.oneof(
  { weight: 5, arbitrary: senders },
  { weight: 7, arbitrary: receivers },
  { weight: 2, arbitrary: aborting },
  { weight: 1, arbitrary: closing },
);

function setup(): { model: Model; real: Real } {
  const [tx, rx] = watch.channel(0);
  return {
    model: { value: 0, version: 0, open: true, seen: [0], waits: [] },
    real: { tx, receivers: [rx], calls: [] },
  };
}

describe("watch against its model", () => {
  const law = "every receiver hears of every change it has not seen, and of the end after that";
  keepsToModel({ law, maxSteps: 40, step, abortAll, setup });
});
