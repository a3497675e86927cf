/**
 * The StateStore on etcd, for where one machine is not enough.
 *
 * @module store/etcd
 */
export { type EtcdStoreOptions, etcdStore } from "./open-etcd-store.js";
export type { TlsOptions } from "./grpc-session.js";
export type { RetentionOptions } from "../shared/retention.js";
