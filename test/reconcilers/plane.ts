import { type Controller, createManager } from "keelson/controllers";
import { type ResourceClient, createResourceClient } from "keelson/resources";
import type { StateStore } from "keelson/store";
import { memoryStore } from "keelson/store/memory";
import { type VirtualTime, virtualTime } from "keelson/testing";

/** Controllers on a memory store in virtual time. */
export interface Plane extends AsyncDisposable {
  readonly time: VirtualTime;
  /** The store without the wrapping that the controllers see it through. */
  readonly store: StateStore;
  readonly client: ResourceClient;
  /** Lets everything that is due come to an end. */
  settle(): Promise<void>;
  /** The version that the store is at. */
  revision(): Promise<number>;
  /** Stops the controllers, and starts new ones on the same store. */
  restart(): Promise<void>;
  stop(): Promise<void>;
  start(): void;
}

export function createPlane(
  controllers: () => readonly Controller[],
  wrap: (store: StateStore) => StateStore = (store) => store,
): Plane {
  const time = virtualTime();
  const store = memoryStore();
  const theirs = wrap(store);
  const client = createResourceClient(store);
  let stop = new AbortController();
  let running: Promise<void> = Promise.resolve();
  const plane: Plane = {
    time,
    store,
    client,
    settle: () => time.advance("100ms"),
    revision: async () => (await store.get("none")).revision,
    start() {
      stop = new AbortController();
      running = createManager({ store: theirs, controllers: controllers() }).run(stop.signal);
    },
    async stop() {
      stop.abort(new Error("stopped by the test"));
      await running;
    },
    async restart() {
      await plane.stop();
      plane.start();
    },
    async [Symbol.asyncDispose]() {
      await plane.stop();
      await store.close();
      time[Symbol.dispose]();
    },
  };
  plane.start();
  return plane;
}
