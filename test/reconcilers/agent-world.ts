import {
  type Agent,
  type AgentOptions,
  Instance,
  type InstanceSpec,
  type WorkloadFunction,
  type WorkloadRuntime,
  createAgent,
  inProcessRuntime,
} from "keelson/reconcilers";
import { type Condition, type ResourceClient, createResourceClient, findCondition } from "keelson/resources";
import { type StateStore, op } from "keelson/store";
import { memoryStore } from "keelson/store/memory";
import { type VirtualTime, virtualTime } from "keelson/testing";

/** One node in virtual time, whose instances are functions. */
export interface AgentWorld extends AsyncDisposable {
  readonly time: VirtualTime;
  readonly store: StateStore;
  readonly client: ResourceClient;
  /** The functions that run now or have run, by instance name, in the order of their starts. */
  readonly starts: string[];
  /** How many functions run at this moment. */
  running(): number;
  /** Starts an agent; its memory of runs is new unless one is given. */
  start(options?: Partial<AgentOptions>): Agent;
  /** Ends the agent as `onStop` says. */
  stop(): Promise<void>;
  create(command: readonly string[], spec?: Partial<InstanceSpec>, name?: string): Promise<Instance>;
  instance(name?: string): Promise<Instance>;
  /** Removes an object from the store, whatever its finalizers say. */
  takeAway(instance: Instance): Promise<void>;
  ready(name?: string): Promise<Condition>;
}

/** A function that does not end when it is asked to, and says so. */
export const deaf: WorkloadFunction = ({ log }) => {
  log("deaf");
  return new Promise<undefined>(() => undefined);
};

export function untilAborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((done) => {
    const end = (): void => {
      done(undefined);
    };
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
}

export function createAgentWorld(
  functions: Readonly<Record<string, WorkloadFunction>> = {},
  wrap: (store: StateStore) => StateStore = (store) => store,
): AgentWorld {
  const time = virtualTime();
  const store = memoryStore();
  const theirs = wrap(store);
  const client = createResourceClient(store);
  const starts: string[] = [];
  let running = 0;
  const counted =
    (fn: WorkloadFunction): WorkloadFunction =>
    async (context): Promise<number | undefined> => {
      starts.push(context.env["KEELSON_INSTANCE"] ?? "");
      running += 1;
      try {
        return (await fn(context)) ?? undefined;
      } finally {
        running -= 1;
      }
    };
  const known = { serve: ({ signal }: { signal: AbortSignal }) => untilAborted(signal), ...functions };
  const newRuntime = (): WorkloadRuntime =>
    inProcessRuntime({
      functions: Object.fromEntries(Object.entries(known).map(([name, fn]) => [name, counted(fn)])),
    });
  let stop = new AbortController();
  let done: Promise<void> = Promise.resolve();
  const world: AgentWorld = {
    time,
    store,
    client,
    starts,
    running: () => running,
    start(options = {}) {
      stop = new AbortController();
      const agent = createAgent({
        store: theirs,
        node: "a",
        capacity: { cpu: 1_000 },
        workloads: newRuntime(),
        ...options,
      });
      done = agent.run(stop.signal);
      return agent;
    },
    async stop() {
      stop.abort(new Error("stopped by the test"));
      const progress = { ended: false };
      void done.finally(() => (progress.ended = true));
      while (!progress.ended) await time.advance("1s");
      await done;
    },
    create: (command, spec = {}, name = "web-0") =>
      client.create(Instance, { metadata: { name }, spec: { command, nodeName: "a", ...spec } }),
    async instance(name = "web-0") {
      const found = await client.get(Instance, name);
      if (found === undefined) throw new Error(`there is no Instance ${name}`);
      return found;
    },
    async takeAway({ metadata: { name, namespace = "default" } }) {
      await store.txn({ then: [op.delete(`/resources/Instance/${namespace}/${name}`)] });
    },
    async ready(name) {
      const condition = findCondition((await world.instance(name)).status?.conditions, "Ready");
      if (condition === undefined) throw new Error("nothing is said of its readiness");
      return condition;
    },
    async [Symbol.asyncDispose]() {
      await world.stop();
      await store.close();
      time[Symbol.dispose]();
    },
  };
  return world;
}
