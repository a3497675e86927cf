import { mpsc } from "../../channels/index.js";
import { type Controller, channel, defineController } from "../../controllers/index.js";
import type { ResourceKey } from "../../resources/index.js";
import { Instance } from "../kinds/instance.js";
import { Supervisors, type SupervisorsParts } from "./supervisors.js";

/** The controller of the instances of one node, and what it lets run. */
export interface InstanceControl {
  readonly controller: Controller;
  readonly supervisors: Supervisors;
  /** Listens no more for changes of what runs. */
  close(): void;
}

/**
 * Brings what runs on a node in line with its Instances.
 *
 * @internal
 */
export function instanceControl(parts: Omit<SupervisorsParts, "onChange">): InstanceControl {
  const { node, runtime } = parts;
  const [changes, changed] = mpsc.unbounded<ResourceKey>({ runtime });
  const supervisors = new Supervisors({
    ...parts,
    onChange: (key) => {
      changes.send(key);
    },
  });
  const controller = defineController({
    name: `agent-${node}`,
    for: Instance,
    concurrency: 16,
    triggers: [channel(changed)],
    reconcile: (instance, context) =>
      instance.spec.nodeName === node ? supervisors.reconcile(instance, context) : undefined,
    onGone: (key) => {
      supervisors.gone(key);
    },
  });
  return {
    controller,
    supervisors,
    close: () => {
      changes.close();
    },
  };
}
