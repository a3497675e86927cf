/**
 * What of etcd's API is spoken: for each message its fields, each with number and type, as in
 * `api/etcdserverpb/rpc.proto` and `api/mvccpb/kv.proto`. Keys are text here, as they are in a store, and 64-bit ids
 * hexadecimal text, as etcdctl shows them.
 */
export const schema = {
  ResponseHeader: { clusterId: [1, "id"], memberId: [2, "id"], revision: [3, "int"] },
  KeyValue: {
    key: [1, "text"],
    createRevision: [2, "int"],
    modRevision: [3, "int"],
    version: [4, "int"],
    value: [5, "bytes"],
    lease: [6, "id"],
  },
  RangeRequest: {
    key: [1, "text"],
    rangeEnd: [2, "text"],
    limit: [3, "int"],
    revision: [4, "int"],
    sortOrder: [5, "int"],
    serializable: [7, "bool"],
    keysOnly: [8, "bool"],
    countOnly: [9, "bool"],
  },
  RangeResponse: {
    header: [1, "ResponseHeader"],
    kvs: [2, "KeyValue", "repeated"],
    more: [3, "bool"],
    count: [4, "int"],
  },
  PutRequest: { key: [1, "text"], value: [2, "bytes"], lease: [3, "id"] },
  PutResponse: { header: [1, "ResponseHeader"] },
  DeleteRangeRequest: { key: [1, "text"], rangeEnd: [2, "text"], prevKv: [3, "bool"] },
  DeleteRangeResponse: {
    header: [1, "ResponseHeader"],
    deleted: [2, "int"],
    prevKvs: [3, "KeyValue", "repeated"],
  },
  RequestOp: { range: [1, "RangeRequest"], put: [2, "PutRequest"], delete: [3, "DeleteRangeRequest"] },
  ResponseOp: { range: [1, "RangeResponse"], put: [2, "PutResponse"], delete: [3, "DeleteRangeResponse"] },
  Compare: {
    result: [1, "int"],
    target: [2, "int"],
    key: [3, "text"],
    version: [4, "int"],
    createRevision: [5, "int"],
    modRevision: [6, "int"],
    value: [7, "bytes"],
    lease: [8, "id"],
  },
  TxnRequest: {
    compare: [1, "Compare", "repeated"],
    success: [2, "RequestOp", "repeated"],
    failure: [3, "RequestOp", "repeated"],
  },
  TxnResponse: {
    header: [1, "ResponseHeader"],
    succeeded: [2, "bool"],
    responses: [3, "ResponseOp", "repeated"],
  },
  CompactionRequest: { revision: [1, "int"] },
  CompactionResponse: { header: [1, "ResponseHeader"] },
  WatchCreateRequest: {
    key: [1, "text"],
    rangeEnd: [2, "text"],
    startRevision: [3, "int"],
    prevKv: [6, "bool"],
    fragment: [8, "bool"],
  },
  WatchProgressRequest: {},
  WatchRequest: { create: [1, "WatchCreateRequest"], progress: [3, "WatchProgressRequest"] },
  Event: { type: [1, "int"], kv: [2, "KeyValue"], prevKv: [3, "KeyValue"] },
  WatchResponse: {
    header: [1, "ResponseHeader"],
    created: [3, "bool"],
    canceled: [4, "bool"],
    compactRevision: [5, "int"],
    cancelReason: [6, "text"],
    fragment: [7, "bool"],
    events: [11, "Event", "repeated"],
  },
  LeaseGrantRequest: { ttl: [1, "int"] },
  LeaseGrantResponse: { header: [1, "ResponseHeader"], id: [2, "id"], ttl: [3, "int"] },
  LeaseRevokeRequest: { id: [1, "id"] },
  LeaseRevokeResponse: { header: [1, "ResponseHeader"] },
  LeaseKeepAliveRequest: { id: [1, "id"] },
  LeaseKeepAliveResponse: { header: [1, "ResponseHeader"], id: [2, "id"], ttl: [3, "int"] },
  StatusRequest: {},
  StatusResponse: { header: [1, "ResponseHeader"], version: [2, "text"], dbSize: [3, "int"], leader: [4, "id"] },
  AuthenticateRequest: { name: [1, "text"], password: [2, "text"] },
  AuthenticateResponse: { header: [1, "ResponseHeader"], token: [2, "text"] },
} as const;

interface Scalars {
  readonly text: string;
  readonly bytes: Uint8Array;
  readonly bool: boolean;
  readonly int: number;
  /** Hexadecimal without leading zeros; `""` for 0, and what is neither for an id that does not exist. */
  readonly id: string;
}

type Schema = typeof schema;

/** A message's name. */
export type MessageName = keyof Schema;

/** What a field holds: a scalar or a message. */
export type FieldType = keyof Scalars | MessageName;

type Read<T> = T extends MessageName ? Message<T> : T extends keyof Scalars ? Scalars[T] : never;
type Written<T> = T extends MessageName ? Draft<T> : T extends keyof Scalars ? Scalars[T] : never;
type ReadField<F> = F extends readonly [number, infer T, "repeated"]
  ? readonly Read<T>[]
  : F extends readonly [number, infer T]
    ? T extends MessageName
      ? Message<T> | undefined
      : Read<T>
    : never;
type WrittenField<F> = F extends readonly [number, infer T, "repeated"]
  ? readonly Written<T>[]
  : F extends readonly [number, infer T]
    ? Written<T>
    : never;

/** A message that came: scalars have their defaults, and absent messages are `undefined`. */
export type Message<N extends MessageName> = { readonly [F in keyof Schema[N]]: ReadField<Schema[N][F]> };

/** A message to be sent: what is left out has its default. */
export type Draft<N extends MessageName> = {
  readonly [F in keyof Schema[N]]?: WrittenField<Schema[N][F]> | undefined;
};
