/**
 * Deterministic simulation: a whole cluster in one process, where time, order, network and faults follow from a seed.
 *
 * @module simulation
 */
export type { AmbientUse } from "./ambient-guard.js";
export { type Endpoint, type Port, endpoint, port } from "./endpoint.js";
export {
  AmbientUseError,
  DeadlockError,
  ForeignHostError,
  InvariantError,
  LivenessError,
  NetworkError,
  type NetworkFailure,
  NondeterminismError,
  SimulationError,
  SimulationEscapeError,
} from "./errors.js";
export type { HostNames } from "./fault-injection.js";
export {
  type CrashFault,
  type DriftFault,
  type Fault,
  type HoldFault,
  type PartitionFault,
  type PauseFault,
  type SkewFault,
  type SwizzleFault,
  applyFaults,
  describeFault,
} from "./faults.js";
export type { ClockOptions } from "./host-clock.js";
export type { DiskOptions, SimulatedDisk } from "./disk.js";
export type { HostContext, HostMain, HostOptions, SimulatedHost } from "./host.js";
export type { NetworkOptions } from "./network.js";
export type { Order, PctOrder } from "./ready-set.js";
export { type SimulationReport, simulate } from "./simulate.js";
export type { SimulationOptions } from "./simulation-options.js";
export type { Datagram, DatagramSocket, RequestContext, SimulatedNet } from "./simulated-net.js";
export type { FaultOptions, Simulation } from "./simulation.js";
export { type SimTestOptions, type TestFunction, simTest } from "./sim-test.js";
export { serveStore } from "./serve-store.js";
export { type RemoteStoreOptions, remoteStore } from "./remote-store.js";
export type { StoreHostOptions } from "./store-host.js";
export { type FastCheck, type FaultArbitrary, type FaultPlanOptions, arbitraryFaults } from "./arbitrary-faults.js";
export { type ExploreOptions, type ExploreReport, exploreFaults } from "./explore-faults.js";
