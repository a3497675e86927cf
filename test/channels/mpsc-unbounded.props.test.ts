import { fc } from "@fast-check/vitest";
import { ChannelClosedError, mpsc } from "keelson/channels";
import { describe, expect } from "vitest";
import { type Wait, keepsToModel, modelSteps } from "../support/against-model.js";
import { type Call, startCall } from "../support/calls.js";

interface ReceiverWait extends Wait {
  readonly kind: "recv" | "recvMany" | "readable";
}

/** A queue without a bound, written for clarity. */
class Model {
  buffer: number[] = [];
  closed = false;
  senders = 1;
  next = 0;
  readonly discarded: number[] = [];
  readonly waits: ReceiverWait[] = [];

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

const { command, aborting, abortAll } = modelSteps<ReceiverWait, Model, Real>({
  run: (model) => {
    model.run();
  },
  compare: (model, { rx, discarded }) => {
    expect(rx.length).toBe(model.buffer.length);
    expect(rx.isClosed).toBe(model.closed || model.senders === 0);
    expect(rx.senderStrongCount).toBe(model.senders);
    expect(discarded).toEqual(model.discarded);
  },
});

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
  const law = "no message is lost or doubled, whatever is aborted or closed";
  keepsToModel({ law, maxSteps: 40, step, abortAll, setup });
});
