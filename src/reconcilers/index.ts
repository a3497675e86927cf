/**
 * A small but real orchestrator: kinds, the reconcilers that keep them, and the agent that runs processes.
 *
 * @module reconcilers
 */
export { type Agent, type AgentOptions, createAgent } from "./agent/agent.js";
export { type ChildProcessOptions, childProcessRuntime } from "./agent/child-process-runtime.js";
export { StartError, type StartFailure } from "./agent/errors.js";
export {
  type FunctionContext,
  type InProcessOptions,
  type WorkloadFunction,
  inProcessRuntime,
} from "./agent/in-process-runtime.js";
export type { LogLimits, LogStream } from "./agent/log-file.js";
export { type LogsHandler, type LogsHandlerOptions, logsHandler } from "./agent/logs-handler.js";
export { type LogOptions, LogsNotFoundError } from "./agent/read-logs.js";
export { type WorkerRuntimeOptions, stopMessage, workerRuntime } from "./agent/worker-runtime.js";
export type { Run, RunEvent, RunExit, RunId, RunSpec, RunStatus, WorkloadRuntime } from "./agent/workload-runtime.js";
export { type BindingOptions, bindingController } from "./binding-controller.js";
export { deploymentController } from "./deployment-controller.js";
export { type DrainOptions, type Eviction, drainController } from "./drain-controller.js";
export { garbageCollector } from "./garbage-collector.js";
export { type InstanceCollectorOptions, instanceCollector } from "./instance-collector.js";
export {
  type Amount,
  Deployment,
  type DeploymentInput,
  type DeploymentSpec,
  type DeploymentStatus,
  type DeploymentStrategy,
} from "./kinds/deployment.js";
export { Instance, type InstanceExit, type InstanceStatus } from "./kinds/instance.js";
export type { InstanceSpec, InstanceTemplate, InstanceToleration, Probe } from "./kinds/instance-spec.js";
export { NodeLease, type NodeLeaseSpec } from "./kinds/node-lease.js";
export {
  Node,
  type NodeAddress,
  type NodeInput,
  type NodeSpec,
  type NodeStatus,
  type NodeTaint,
} from "./kinds/node.js";
export { Workload, type WorkloadInput, type WorkloadSpec, type WorkloadStatus } from "./kinds/workload.js";
export {
  agentFinalizer,
  daemonLabel,
  deletionCostAnnotation,
  desiredReplicasAnnotation,
  maxReplicasAnnotation,
  notReadyTaint,
  revisionAnnotation,
  templateHashLabel,
  unreachableTaint,
  zoneLabel,
} from "./names.js";
export { type NodeLifecycleOptions, nodeLifecycleController } from "./node-lifecycle-controller.js";
export { type ScaledVersion, scaleProportionally } from "./proportional-scale.js";
export { type ReferenceOptions, referenceControllers } from "./reference-controllers.js";
export { type RolloutBounds, type RolloutStep, type VersionCounts, rolloutBounds, rolloutStep } from "./rollout.js";
export { type TaintEvictionOptions, taintEvictionController } from "./taint-eviction-controller.js";
export { workloadController } from "./workload-controller.js";
