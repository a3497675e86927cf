/** The calls of etcd's API that a store makes. */
export const methods = {
  range: { path: "/etcdserverpb.KV/Range", request: "RangeRequest", answer: "RangeResponse" },
  put: { path: "/etcdserverpb.KV/Put", request: "PutRequest", answer: "PutResponse" },
  txn: { path: "/etcdserverpb.KV/Txn", request: "TxnRequest", answer: "TxnResponse" },
  compact: { path: "/etcdserverpb.KV/Compact", request: "CompactionRequest", answer: "CompactionResponse" },
  grant: { path: "/etcdserverpb.Lease/LeaseGrant", request: "LeaseGrantRequest", answer: "LeaseGrantResponse" },
  revoke: { path: "/etcdserverpb.Lease/LeaseRevoke", request: "LeaseRevokeRequest", answer: "LeaseRevokeResponse" },
  /** A stream, of which one request and one answer are used. */
  keepAlive: {
    path: "/etcdserverpb.Lease/LeaseKeepAlive",
    request: "LeaseKeepAliveRequest",
    answer: "LeaseKeepAliveResponse",
  },
  status: { path: "/etcdserverpb.Maintenance/Status", request: "StatusRequest", answer: "StatusResponse" },
  authenticate: {
    path: "/etcdserverpb.Auth/Authenticate",
    request: "AuthenticateRequest",
    answer: "AuthenticateResponse",
  },
} as const;

export const watchPath = "/etcdserverpb.Watch/Watch";
