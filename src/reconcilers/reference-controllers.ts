import type { Controller } from "../controllers/index.js";
import { type BindingOptions, bindingController } from "./binding-controller.js";
import { deploymentController } from "./deployment-controller.js";
import { type DrainOptions, drainController } from "./drain-controller.js";
import { garbageCollector } from "./garbage-collector.js";
import { type InstanceCollectorOptions, instanceCollector } from "./instance-collector.js";
import { Deployment } from "./kinds/deployment.js";
import { Instance } from "./kinds/instance.js";
import { NodeLease } from "./kinds/node-lease.js";
import { Node } from "./kinds/node.js";
import { Workload } from "./kinds/workload.js";
import { type NodeLifecycleOptions, nodeLifecycleController } from "./node-lifecycle-controller.js";
import { type TaintEvictionOptions, taintEvictionController } from "./taint-eviction-controller.js";
import { workloadController } from "./workload-controller.js";

/** How {@link referenceControllers} are set up: each as its own function takes it. */
export interface ReferenceOptions {
  /** How instances are placed. */
  readonly binding?: BindingOptions;
  /** How nodes are emptied. */
  readonly drain?: DrainOptions;
  /** When nodes count as lost. */
  readonly nodes?: NodeLifecycleOptions;
  /** How long instances stay on nodes that are not ready. */
  readonly eviction?: TaintEvictionOptions;
  /** How long instances of nodes that are gone are kept. */
  readonly collector?: InstanceCollectorOptions;
}

/**
 * All controllers of the reference orchestrator, for one manager; with an agent on each node it is complete.
 *
 * @example
 * ```ts
 * import { createManager } from "keelson/controllers";
 * import { referenceControllers } from "keelson/reconcilers";
 * import { memoryStore } from "keelson/store/memory";
 *
 * const manager = createManager({ store: memoryStore(), controllers: referenceControllers() });
 * typeof manager.run // => "function"
 * ```
 */
export function referenceControllers(options: ReferenceOptions = {}): readonly Controller[] {
  return [
    deploymentController(),
    workloadController(),
    bindingController(options.binding),
    drainController(options.drain),
    nodeLifecycleController(options.nodes),
    taintEvictionController(options.eviction),
    instanceCollector(options.collector),
    ...garbageCollector([Deployment, Workload, Instance, Node, NodeLease]),
  ];
}
