/**
 * Tools for the tests of services built on keelson.
 *
 * @module testing
 */
export { type VirtualTime, type VirtualTimeOptions, virtualTime } from "./virtual-time.js";
export type { StoreBehindProxy } from "./store-fixture.js";
export { type StoreConformanceOptions, type StoreConformanceSkip, storeConformance } from "./store-conformance.js";
export { type AcknowledgedWrite, type ChangeLog, changeLog } from "./store-change-log.js";
export { type RecordedWatch, type WatchGuarantee, type WatchHistory, validateWatches } from "./watch-validators.js";
export { type Linearizability, type LinearizabilityOptions, checkLinearizable } from "./linearizability-check.js";
export {
  type Item,
  type ListInput,
  type QueueInput,
  type SetInput,
  listAppendModel,
  queueModel,
  setModel,
} from "./linearizability-collections.js";
export { type LockInput, type LockState, lockModel } from "./linearizability-lock.js";
export type { HistoryCall, SequentialModel } from "./linearizability-model.js";
export { type RegisterInput, type RegisterValue, registerModel } from "./linearizability-register.js";
export { createHarness } from "./create-harness.js";
export type { HarnessFaults } from "./harness-faults.js";
export type { HarnessLogLine } from "./harness-log.js";
export { HotLoopError } from "./harness-reconciles.js";
export type { Harness, HarnessOptions, HarnessReconcile } from "./harness.js";
export {
  type FaultProxy,
  type FaultProxyOptions,
  type ProxyCounts,
  type ProxyDirection,
  faultProxy,
} from "./fault-proxy.js";
export {
  ReconcilerCheckError,
  type ReconcilerCheckOptions,
  type ReconcilerReport,
  checkReconciler,
} from "./reconciler-check.js";
export type { CrashPointsReport } from "./crash-points.js";
export type { ReconcilerFault, ReconcilerScenario } from "./reconciler-scenario.js";
export { withFaults } from "./faults.js";
export type { CallFault, FaultTarget, FaultyMethod, LeaseFault, StoreFault, WatchFault } from "./faults-plan.js";
export { type MockStore, type MockStoreOptions, mockStore } from "./mock-store.js";
export type {
  Matcher,
  MockExpectation,
  MockSequence,
  MockedAnswer,
  MockedArguments,
  MockedMethod,
  Times,
} from "./mock-store-expectation.js";
export { type RecordedStore, recordStore } from "./record-store.js";
export type { RecordedCall, RecordedCallOf, RecordedOutcome, StoreAnswers, StoreRequest } from "./recorded-call.js";
export { replayCalls } from "./replay-calls.js";
export { watchHistory } from "./watch-history.js";
export {
  type WorkloadPrograms,
  type WorkloadRuntimeConformanceOptions,
  workloadRuntimeConformance,
} from "./workload-runtime-conformance.js";
