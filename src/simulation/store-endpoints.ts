import type { Health } from "../core/health.js";
import type {
  GetOptions,
  KeyRange,
  KeyValue,
  RangeOptions,
  RangeResult,
  Revision,
  Txn,
  TxnResult,
  WatchBatch,
} from "../store/index.js";
import { type Endpoint, endpoint } from "./endpoint.js";

/** A watch asks again and again: for what there is from `from` on, or, without it, for where the store stands. */
export interface WatchPoll {
  readonly id: string;
  readonly range: KeyRange;
  readonly from: Revision | undefined;
  readonly prevKv: boolean;
  readonly progressMs: number;
}

/** What goes over the wire between a simulated store's two sides. */
export const storeEndpoints: {
  readonly get: Endpoint<
    { readonly key: string; readonly options: Omit<GetOptions, "signal"> },
    { readonly revision: Revision; readonly kv?: KeyValue }
  >;
  readonly range: Endpoint<{ readonly range: KeyRange; readonly options: Omit<RangeOptions, "signal"> }, RangeResult>;
  readonly txn: Endpoint<Txn, TxnResult>;
  readonly watch: Endpoint<WatchPoll, readonly WatchBatch[]>;
  readonly endWatch: Endpoint<string, null>;
  readonly grantLease: Endpoint<number, string>;
  readonly keepAlive: Endpoint<string, null>;
  readonly revoke: Endpoint<string, null>;
  readonly compact: Endpoint<Revision, null>;
  readonly health: Endpoint<null, Health>;
} = {
  get: endpoint("store.get"),
  range: endpoint("store.range"),
  txn: endpoint("store.txn"),
  watch: endpoint("store.watch"),
  endWatch: endpoint("store.endWatch"),
  grantLease: endpoint("store.grantLease"),
  keepAlive: endpoint("store.keepAlive"),
  revoke: endpoint("store.revoke"),
  compact: endpoint("store.compact"),
  health: endpoint("store.health"),
};
