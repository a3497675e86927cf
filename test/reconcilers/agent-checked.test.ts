import { type Controller, defineController } from "keelson/controllers";
import { type Runtime, currentRuntime, silentLogger } from "keelson/core";
import { Instance, type WorkloadFunction, type WorkloadRuntime, inProcessRuntime } from "keelson/reconcilers";
import { type Resource, type ResourceClient, findCondition } from "keelson/resources";
import { checkReconciler } from "keelson/testing";
import { expect, it } from "vitest";
import { instanceControl } from "../../src/reconcilers/agent/instance-controller.js";
import { RunExits } from "../../src/reconcilers/agent/run-exits.js";
import type { Supervisors } from "../../src/reconcilers/agent/supervisors.js";
import { runs } from "../support/deep.js";
import { untilAborted } from "./agent-world.js";

const functions: Readonly<Record<string, WorkloadFunction>> = {
  serve: ({ signal }) => untilAborted(signal),
  /** Ends with an error until it is started for the third time. */
  flaky: ({ env, signal }) => (Number(env["RESTART"]) < 2 ? 1 : untilAborted(signal)),
  once: () => 0,
};

/** The machine of one run: what is started on it goes on when the agent crashes, as processes do. */
class Machine {
  readonly workloads: WorkloadRuntime;
  /** Of the agent that works on it. */
  #supervisors: Supervisors | undefined = undefined;

  constructor() {
    const workloads = inProcessRuntime({ functions });
    this.workloads = {
      ...workloads,
      survivesAgent: true,
      start: async (spec) => {
        const run = await workloads.start({ ...spec, env: { ...spec.env, RESTART: String(spec.restart) } });
        await this.running();
        return run;
      },
    };
  }

  /** Throws when an instance runs twice. */
  async running(): Promise<readonly string[]> {
    const uids = (await this.workloads.list()).map(({ uid }) => uid);
    expect(new Set(uids).size, "each instance runs once").toBe(uids.length);
    return uids.sort();
  }

  /** Another agent begins to work on it: of one that has crashed, nothing more is done. */
  async handTo(supervisors: Supervisors, client: ResourceClient): Promise<void> {
    await this.#supervisors?.leave("leave", client);
    this.#supervisors = supervisors;
  }
}

const machines = new WeakMap<Runtime, Machine>();

/** The machine of the world that is under way. */
function machine(): Machine {
  const runtime = currentRuntime();
  const found = machines.get(runtime) ?? new Machine();
  machines.set(runtime, found);
  return found;
}

/** The agent's controller, with what an agent does before and beside it. */
function agent(): Controller {
  const runtime = currentRuntime();
  const here = machine();
  const { workloads } = here;
  const exits = new RunExits(workloads, runtime);
  const { controller, supervisors } = instanceControl({
    ...{ node: "a", cwd: ".", workloads, exits, runtime },
    log: silentLogger,
  });
  const begin = async (client: ResourceClient): Promise<void> => {
    await here.handTo(supervisors, client);
    void exits.run(new AbortController().signal);
    await supervisors.findRuns();
    const { items } = await client.list(Instance, { fields: { nodeName: "a" } });
    void supervisors.endStrays(new Set(items.map(({ metadata }) => metadata.uid)));
  };
  let began: Promise<void> | undefined;
  return defineController({
    ...controller.options,
    async reconcile(instance, context) {
      if (!isInstance(instance)) return undefined;
      await (began ??= begin(context.client));
      return (await supervisors.reconcile(instance, context)) ?? undefined;
    },
  });
}

function isInstance(resource: Resource): resource is Instance {
  return resource.kind === Instance.name;
}

it(
  "R0.1 R0.2 R0.3 R0.6 R9.2 the agent's controller comes to the same end whatever goes wrong, and to rest",
  { timeout: 60_000 + runs(500) * 2_000 },
  async () => {
    const seeds = runs(500, 1 / 20);
    const report = await checkReconciler(
      () => [agent()],
      {
        view(resource) {
          if (!isInstance(resource)) return undefined;
          const { metadata, spec, status } = resource;
          const ready = findCondition(status?.conditions, "Ready");
          return [metadata.name, metadata.finalizers, spec, status?.phase, status?.restarts, ready?.status];
        },
        async run(t, random) {
          const create = (name: string, command: string, spec: object = {}): Promise<Instance> =>
            t.client.create(Instance, { metadata: { name }, spec: { command: [command], nodeName: "a", ...spec } });
          await create("kept", "serve");
          await create("flaky", "flaky");
          await create("once", "once", { restartPolicy: "Never" });
          const dropped = await create("dropped", random() < 0.5 ? "serve" : "flaky");
          await t.advance(`${Math.floor(random() * 20_000)}ms`);
          await t.client.delete(dropped);
          await t.advance(`${Math.floor(random() * 5_000)}ms`);
          await create("late", "serve");
        },
        async reached({ client }) {
          const { items } = await client.list(Instance);
          const going = items.filter(({ status }) => status?.phase === "Running").map(({ metadata }) => metadata.uid);
          expect(await machine().running(), "neither lost nor left over").toEqual(going.sort());
          expect(items.map(({ metadata, status }) => [metadata.name, status?.phase, status?.restarts])).toEqual([
            ["flaky", "Running", 2],
            ["kept", "Running", 0],
            ["late", "Running", 0],
            ["once", "Succeeded", 0],
          ]);
        },
      },
      { seeds },
    );
    expect(report.runs).toBe(2 * seeds);
    expect(report.reconciles).toBeGreaterThan(seeds);
  },
);
