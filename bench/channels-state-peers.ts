import { type Channel, channel as cspChannel, mult } from "@thi.ng/csp";
import { Effect, PubSub, Stream, SubscriptionRef } from "effect";
import { BehaviorSubject, filter, firstValueFrom } from "rxjs";
import { effectLoop } from "./channels-peers.js";
import type { Works } from "./channels-rows.js";
import type { Work } from "./harness.js";

/** `burst` messages to each of `count` receivers, which receive one by one. */
export function broadcastPeers(count: number, burst: number): Works {
  const source = mult<number>();
  const taps: Channel<number>[] = Array.from({ length: count }, () => source.subscribe(cspChannel<number>(burst)));
  return {
    "@thi.ng/csp": async (n) => {
      // One by one: a write ends when every tap has read.
      for (let i = 0; i < n; i += 1) {
        const written = source.write(i);
        for (const tap of taps) await tap.read();
        await written;
      }
    },
    effect: effectBroadcast(count, burst, (subscription) => effectLoop(burst, PubSub.take(subscription))),
  };
}

/** The same, each burst received in one call. */
export function broadcastBatchPeers(count: number, burst: number): Works {
  return { effect: effectBroadcast(count, burst, (subscription) => PubSub.takeAll(subscription)) };
}

function effectBroadcast(
  count: number,
  burst: number,
  receive: (subscription: PubSub.Subscription<number>) => Effect.Effect<unknown>,
): Work {
  return (n) =>
    Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const hub = yield* PubSub.bounded<number>(1024);
          const subscriptions = yield* Effect.all(Array.from({ length: count }, () => PubSub.subscribe(hub)));
          for (let left = n; left > 0; left -= burst) {
            for (let i = 0; i < burst; i += 1) PubSub.publishUnsafe(hub, i);
            for (const subscription of subscriptions) yield* receive(subscription);
          }
        }),
      ),
    );
}

/** Two values whose watchers answer each other. */
export function watchPeers(): Works {
  return {
    effect: (n) =>
      Effect.runPromise(
        Effect.gen(function* () {
          const ping = yield* SubscriptionRef.make(0);
          const pong = yield* SubscriptionRef.make(0);
          const answer = SubscriptionRef.changes(ping).pipe(
            Stream.runForEach((value) => SubscriptionRef.set(pong, value)),
          );
          const ask = SubscriptionRef.changes(pong).pipe(
            Stream.takeWhile((value) => value < n),
            Stream.runForEach((value) => SubscriptionRef.set(ping, value + 1)),
          );
          yield* Effect.race(answer, ask);
        }),
      ),
  };
}

/** The same where a change is told by the value alone: one to an equal value would be missed. */
export function watchByValuePeers(): Works {
  return {
    rxjs: async (n) => {
      const [ping, pong] = [new BehaviorSubject(-1), new BehaviorSubject(-1)];
      const answer = async (): Promise<void> => {
        for (let seen = -1; seen < n - 1;) {
          seen = await changed(ping, seen);
          pong.next(seen);
        }
      };
      const answered = answer();
      for (let i = 0; i < n; i += 1) {
        ping.next(i);
        await changed(pong, i - 1);
      }
      await answered;
    },
  };
}

/** The next value that was not seen before, which may be there already: to skip the first would miss it. */
function changed(subject: BehaviorSubject<number>, seen: number): Promise<number> {
  return firstValueFrom(subject.pipe(filter((value) => value !== seen)));
}
