import { fc, test } from "@fast-check/vitest";
import { type ResourceClient, type ResourceEvent, createResourceClient } from "keelson/resources";
import { CompactedError, StoreUnavailableError, WatchLaggedError } from "keelson/store";
import { memoryStore } from "keelson/store/memory";
import { virtualTime } from "keelson/testing";
import { expect } from "vitest";
import { runs } from "../support/deep.js";
import { faultyStore } from "./faulty-store.js";
import { Workload, type WorkloadSpec, type WorkloadStatus } from "./workload.js";

type Write = { readonly kind: "create" | "delete" | "status" | "label"; readonly name: string };
type Step = Write | { readonly kind: "unavailable" | "lagged" | "compacted" | "compact" | "settle" | "wait" | "start" };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom("create" as const, "delete" as const, "status" as const, "label" as const),
      name: fc.constantFrom("a", "b", "c"),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        "unavailable" as const,
        "lagged" as const,
        "compacted" as const,
        "compact" as const,
        "settle" as const,
        "wait" as const,
        "start" as const,
      ),
    }),
  },
);

/** What someone who believes a watch takes the world to be; every event must fit it. */
class Believer {
  readonly known = new Map<string, Workload>();

  take(event: ResourceEvent<WorkloadSpec, WorkloadStatus>): void {
    switch (event.type) {
      case "added":
        expect(this.known.has(event.resource.metadata.name)).toBe(false);
        this.known.set(event.resource.metadata.name, event.resource);
        return;
      case "modified":
        expect(this.known.get(event.resource.metadata.name)).toStrictEqual(event.previous);
        expect(event.previous.metadata.uid).toBe(event.resource.metadata.uid);
        this.known.set(event.resource.metadata.name, event.resource);
        return;
      case "deleted":
        expect(this.known.get(event.resource.metadata.name)).toStrictEqual(event.resource);
        this.known.delete(event.resource.metadata.name);
        return;
      case "invalid":
        throw event.error;
      case "synced":
      case "progress":
    }
  }
}

test.prop([fc.array(step, { maxLength: 50 }), fc.constantFrom(undefined, "on", "!on")], { numRuns: runs(500) })(
  "list at any version + watch from there = present state, whatever happens to the watch",
  async (steps, labels) => {
    using time = virtualTime();
    const faults = faultyStore(memoryStore());
    const client = createResourceClient(faults.store);
    const stop = new AbortController();
    const believers: Believer[] = [];
    const errors: unknown[] = [];
    const follow = async (from: "nothing" | "list"): Promise<void> => {
      const believer = new Believer();
      believers.push(believer);
      const options = { labels, signal: stop.signal };
      try {
        let resourceVersion: string | undefined;
        if (from === "list") {
          const list = await client.list(Workload, options);
          for (const item of list.items) believer.known.set(item.metadata.name, item);
          ({ resourceVersion } = list);
        }
        for await (const event of client.watch(Workload, { ...options, resourceVersion })) believer.take(event);
      } catch (error) {
        if (!stop.signal.aborted) errors.push(error);
      }
    };
    void follow("nothing");
    for (const step of steps) {
      switch (step.kind) {
        case "unavailable":
          faults.breakWatches(new StoreUnavailableError("gone"));
          break;
        case "lagged":
          faults.breakWatches(new WatchLaggedError(1));
          break;
        case "compacted":
          faults.breakWatches(new CompactedError(1));
          break;
        case "compact":
          // Whoever has just listed holds a version that is not compacted before the watch began.
          await time.settle();
          await faults.store.compact((await faults.store.get("/x")).revision);
          break;
        case "settle":
          await time.settle();
          break;
        case "wait":
          await time.advance("1s");
          break;
        case "start":
          void follow("list");
          await time.settle();
          break;
        case "create":
        case "delete":
        case "status":
        case "label":
          await write(client, step);
      }
    }
    await time.advance("5m");
    const { items } = await client.list(Workload, { labels });
    const present = items.map((item) => [item.metadata.name, item]);
    expect(errors).toStrictEqual([]);
    for (const { known } of believers) expect([...known].sort()).toStrictEqual(present);
    stop.abort(new Error("end of test"));
    await time.settle();
    await faults.store.close();
  },
  120_000,
);

async function write(client: ResourceClient, { kind, name }: Write): Promise<void> {
  const present = await client.get(Workload, name);
  if (kind === "create" && present === undefined) {
    await client.create(Workload, { metadata: { name }, spec: { image: "a" } });
  }
  if (present === undefined) return;
  if (kind === "delete") await client.delete(present);
  if (kind === "status") await client.patchStatus(present, { ready: (present.status?.ready ?? 0) + 1 });
  if (kind === "label") {
    await client.update(present, ({ metadata }) => {
      metadata.labels = "on" in metadata.labels ? {} : { on: "" };
    });
  }
}
