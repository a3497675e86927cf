import { EventEmitter, on } from "node:events";
import { channel as cspChannel, select as cspSelect } from "@thi.ng/csp";
import { Effect, Queue } from "effect";
import { pushable, pushableV } from "it-pushable";
import type { Works } from "./channels-rows.js";
import type { Work } from "./harness.js";
import { Chan, Select, recv } from "./ts-chan.js";

/** `turns` runs of `body` in a row. */
export function effectLoop(turns: number, body: Effect.Effect<unknown>): Effect.Effect<void> {
  return Effect.suspend(() => {
    let turn = 0;
    return Effect.whileLoop({
      while: () => turn < turns,
      body: () => body,
      step: () => {
        turn += 1;
      },
    });
  });
}

/** Passes `n` messages from `producers` to one consumer, every call awaited. */
export async function pass(
  send: (value: number) => PromiseLike<unknown>,
  receive: () => PromiseLike<unknown>,
  producers: number,
  n: number,
): Promise<void> {
  const each = Math.ceil(n / producers);
  const produce = async (): Promise<void> => {
    for (let i = 0; i < each; i += 1) await send(i);
  };
  const consume = async (): Promise<void> => {
    for (let left = each * producers; left > 0; left -= 1) await receive();
  };
  await Promise.all([consume(), ...Array.from({ length: producers }, produce)]);
}

/** `burst` messages sent at once, and then received one by one, each wait awaited; and so on until there were `n`. */
function inBursts(burst: number, send: (value: number) => unknown, receive: () => Promise<unknown>): Work {
  return async (n) => {
    for (let left = n; left > 0; left -= burst) {
      for (let i = 0; i < burst; i += 1) send(i);
      for (let i = 0; i < burst; i += 1) await receive();
    }
  };
}

/** Bounded channels with room for 128. */
export function boundedPeers(producers: number): Works {
  const csp = cspChannel<number>(128);
  const chan = new Chan(128);
  const stream = new TransformStream<number, number>({}, { highWaterMark: 1 }, { highWaterMark: 128 });
  const writer = stream.writable.getWriter();
  const reader = stream.readable.getReader();
  return {
    "@thi.ng/csp": (n) =>
      pass(
        (value) => csp.write(value),
        () => csp.read(),
        producers,
        n,
      ),
    "ts-chan": (n) =>
      pass(
        (value) => chan.send(value),
        () => chan.recv(),
        producers,
        n,
      ),
    effect: effectPass(producers),
    "Web Streams": (n) =>
      pass(
        (value) => writer.write(value),
        () => reader.read(),
        producers,
        n,
      ),
  };
}

/** The same where the consumer iterates; effect's takes. */
export function iteratedPeers(producers: number): Works {
  const csp = cspChannel<number>(128);
  const chan = new Chan(128);
  const stream = new TransformStream<number, number>({}, { highWaterMark: 1 }, { highWaterMark: 128 });
  const writer = stream.writable.getWriter();
  const iterated = (send: (value: number) => PromiseLike<unknown>, iterable: AsyncIterable<unknown>): Work => {
    const items = iterable[Symbol.asyncIterator]();
    return (n) => pass(send, () => items.next(), producers, n);
  };
  return {
    "@thi.ng/csp": iterated((value) => csp.write(value), csp),
    "ts-chan": iterated((value) => chan.send(value), chan),
    "Web Streams": iterated((value) => writer.write(value), stream.readable),
    effect: effectPass(producers),
  };
}

/** Fibers that offer and take. */
function effectPass(producers: number): Work {
  const queue = Effect.runSync(Queue.bounded<number>(128));
  return (n) => {
    const each = Math.ceil(n / producers);
    const produce = effectLoop(each, Queue.offer(queue, 1));
    const consume = effectLoop(each * producers, Queue.take(queue));
    const all = [consume, ...Array.from({ length: producers }, () => produce)];
    return Effect.runPromise(Effect.all(all, { concurrency: "unbounded", discard: true }));
  };
}

/** Channels without a bound: 64 messages sent at once, then received one by one. */
export function unboundedPeers(burst: number): Works {
  const items = pushable<number>({ objectMode: true });
  const emitter = new EventEmitter();
  const events = on(emitter, "item");
  let controller!: ReadableStreamDefaultController<number>;
  const reader = new ReadableStream<number>({
    start: (given) => {
      controller = given;
    },
  }).getReader();
  const queue = Effect.runSync(Queue.unbounded<number>());
  return {
    "it-pushable": inBursts(
      burst,
      (value) => items.push(value),
      () => items.next(),
    ),
    "events.on": inBursts(
      burst,
      (value) => emitter.emit("item", value),
      () => events.next(),
    ),
    "Web Streams": inBursts(
      burst,
      (value) => {
        controller.enqueue(value);
      },
      () => reader.read(),
    ),
    effect: (n) => {
      const send = Effect.sync(() => {
        for (let i = 0; i < burst; i += 1) Queue.offerUnsafe(queue, i);
      });
      const round = Effect.andThen(send, effectLoop(burst, Queue.take(queue)));
      return Effect.runPromise(effectLoop(Math.ceil(n / burst), round));
    },
  };
}

/** Calls that never wait: `burst` messages in, and out again. */
export function tryPeers(burst: number): Works {
  const atOnce =
    (send: (value: number) => unknown, receive: () => unknown): Work =>
    (n) => {
      for (let left = n; left > 0; left -= burst) {
        for (let i = 0; i < burst; i += 1) send(i);
        for (let i = 0; i < burst; i += 1) receive();
      }
    };
  const csp = cspChannel<number>(128);
  const chan = new Chan(128);
  const queue = Effect.runSync(Queue.bounded<number>(128));
  return {
    effect: atOnce(
      (value) => Queue.offerUnsafe(queue, value),
      () => Queue.takeUnsafe(queue),
    ),
    "@thi.ng/csp": atOnce(
      (value) => csp.offer(value),
      () => csp.poll(),
    ),
    "ts-chan": atOnce(
      (value) => chan.trySend(value),
      () => chan.tryRecv(),
    ),
  };
}

/** `burst` messages sent at once and received one by one, each wait awaited. */
export function oneByOnePeers(burst: number): Works {
  const csp = cspChannel<number>(burst);
  const chan = new Chan(burst);
  const queue = Effect.runSync(Queue.bounded<number>(burst));
  return {
    "@thi.ng/csp": inBursts(
      burst,
      (value) => csp.offer(value),
      () => csp.read(),
    ),
    "ts-chan": inBursts(
      burst,
      (value) => chan.trySend(value),
      () => chan.recv(),
    ),
    effect: (n) => {
      const send = Effect.sync(() => {
        for (let i = 0; i < burst; i += 1) Queue.offerUnsafe(queue, i);
      });
      return Effect.runPromise(
        effectLoop(Math.ceil(n / burst), Effect.andThen(send, effectLoop(burst, Queue.take(queue)))),
      );
    },
  };
}

/** `burst` messages sent one after the other through a bounded channel, and received in one call. */
export function batchPeers(burst: number): Works {
  const offerAll = (queue: Queue.Queue<number>): Effect.Effect<void> =>
    Effect.gen(function* () {
      for (let i = 0; i < burst; i += 1) yield* Queue.offer(queue, i);
    });
  return { effect: effectBatches(burst, offerAll) };
}

/** The same without a generator, or past what a fiber is asked for each message, or without a bound. */
export function tightBatchPeers(burst: number): Works {
  const items = pushableV<number>({ objectMode: true });
  const offerAll = (queue: Queue.Queue<number>): Effect.Effect<void> =>
    Effect.sync(() => {
      for (let i = 0; i < burst; i += 1) Queue.offerUnsafe(queue, i);
    });
  return {
    "effect, offer": effectBatches(burst, (queue) => effectLoop(burst, Queue.offer(queue, 1))),
    "effect, offerUnsafe": effectBatches(burst, offerAll),
    "it-pushable": async (n) => {
      for (let left = n; left > 0; left -= burst) {
        for (let i = 0; i < burst; i += 1) items.push(i);
        await items.next();
      }
    },
  };
}

function effectBatches(burst: number, send: (queue: Queue.Queue<number>) => Effect.Effect<void>): Work {
  const queue = Effect.runSync(Queue.bounded<number>(burst));
  const round = Effect.andThen(send(queue), Queue.takeAll(queue));
  return (n) => Effect.runPromise(effectLoop(Math.ceil(n / burst), round));
}

/** `burst` messages to three channels in turn, and as many waits for one of them. */
export function selectPeers(burst: number): Works {
  const csp = [cspChannel<number>(burst), cspChannel<number>(burst), cspChannel<number>(burst)] as const;
  const chans = [new Chan(burst), new Chan(burst), new Chan(burst)] as const;
  const cases = new Select(chans.map((chan) => recv(chan)));
  const queues = Array.from({ length: 3 }, () => Effect.runSync(Queue.bounded<number>(burst)));
  return {
    "@thi.ng/csp": inBursts(
      burst,
      (value) => csp[(value % 3) as 0 | 1 | 2].offer(value),
      () => cspSelect<number>(...csp),
    ),
    "ts-chan": inBursts(
      burst,
      (value) => chans[(value % 3) as 0 | 1 | 2].trySend(value),
      async () => cases.recv(cases.cases[await cases.wait()]),
    ),
    effect: (n) => {
      const send = Effect.sync(() => {
        for (let i = 0; i < burst; i += 1) {
          const queue = queues[i % 3];
          if (queue !== undefined) Queue.offerUnsafe(queue, i);
        }
      });
      const race = Effect.raceAll(queues.map((queue) => Queue.take(queue)));
      return Effect.runPromise(effectLoop(Math.ceil(n / burst), Effect.andThen(send, effectLoop(burst, race))));
    },
  };
}

/** A wait for three channels, parked before one of them in turn gets a message. */
export function parkedSelectPeers(): Works {
  const csp = [cspChannel<number>(4), cspChannel<number>(4), cspChannel<number>(4)] as const;
  const chans = [new Chan(4), new Chan(4), new Chan(4)] as const;
  const cases = new Select(chans.map((chan) => recv(chan)));
  const queues = Array.from({ length: 3 }, () => Effect.runSync(Queue.unbounded<number>()));
  return {
    "@thi.ng/csp": async (n) => {
      for (let i = 0; i < n; i += 1) {
        const event = cspSelect<number>(...csp);
        void csp[(i % 3) as 0 | 1 | 2].write(i);
        await event;
      }
    },
    "ts-chan": async (n) => {
      for (let i = 0; i < n; i += 1) {
        const event = cases.wait();
        chans[(i % 3) as 0 | 1 | 2].trySend(i);
        const index = await event;
        cases.recv(cases.cases[index]);
      }
    },
    effect: (n) => {
      let i = 0;
      const send = Effect.sync(() => {
        const queue = queues[i % 3];
        i += 1;
        if (queue !== undefined) Queue.offerUnsafe(queue, i);
      });
      const race = Effect.raceAll(queues.map((queue) => Queue.take(queue)));
      return Effect.runPromise(effectLoop(n, Effect.all([race, send], { concurrency: "unbounded", discard: true })));
    },
  };
}
