import {
  CompactedError,
  FutureRevisionError,
  LeaseNotFoundError,
  NotAppliedError,
  StoreAuthError,
  type StoreError,
  StoreFullError,
  TooLargeError,
  UnsupportedError,
} from "../../errors.js";
import { type GrpcError, grpcCode } from "./grpc-error.js";

/** What a failed call means. */
export type Verdict =
  /** It was surely not applied, and never will be. */
  | { readonly kind: "final"; readonly error: StoreError }
  /** It was surely not applied, and may succeed later. */
  | { readonly kind: "again" }
  /** It was surely not applied, and will be taken with another token. */
  | { readonly kind: "token" }
  /** It may have been applied. */
  | { readonly kind: "unknown" };

/** What etcd's messages mean; it gives several meanings to one code. */
const meanings: readonly (readonly [part: string, verdict: (error: GrpcError, leaseId: string) => Verdict])[] = [
  ["requested lease not found", (cause, leaseId) => final(new LeaseNotFoundError(leaseId, { cause }))],
  ["required revision has been compacted", (cause) => final(new CompactedError(0, { cause }))],
  ["required revision is a future revision", (cause) => final(new FutureRevisionError(text(cause), { cause }))],
  ["request is too large", (cause) => final(new TooLargeError(text(cause), { cause }))],
  ["too many operations", (cause) => final(new TooLargeError(text(cause), { cause }))],
  ["message larger than max", (cause) => final(new TooLargeError(text(cause), { cause }))],
  ["database space exceeded", (cause) => final(new StoreFullError(text(cause), { cause }))],
  ["invalid auth token", () => ({ kind: "token" })],
  ["revision of auth store is old", () => ({ kind: "token" })],
  ["user name is empty", (cause) => final(new StoreAuthError("the store wants user and password", { cause }))],
  ["authentication failed", (cause) => final(new StoreAuthError("the store refused user or password", { cause }))],
  [
    "permission denied",
    (cause) => final(new StoreAuthError("the store does not permit this user to do this", { cause })),
  ],
  // Answered before the request is proposed.
  ["too many requests", () => ({ kind: "again" })],
  ["no leader", () => ({ kind: "again" })],
  ["raft proposal dropped", () => ({ kind: "again" })],
];

/** Judges what a server said, or that it said nothing; `leaseId` is the lease it was about. */
export function judge(error: GrpcError, leaseId: () => string = () => ""): Verdict {
  if (error.progress === "refused") return { kind: "again" };
  if (error.progress === "lost") return { kind: "unknown" };
  const meaning = meanings.find(([part]) => error.message.includes(part));
  if (meaning !== undefined) return meaning[1](error, leaseId());
  switch (error.code) {
    case grpcCode.unauthenticated:
      return { kind: "token" };
    case grpcCode.permissionDenied:
      return final(new StoreAuthError(text(error), { cause: error }));
    case grpcCode.unimplemented:
      return final(new UnsupportedError(text(error), { cause: error }));
    case grpcCode.invalidArgument:
    case grpcCode.notFound:
    case grpcCode.failedPrecondition:
    case grpcCode.outOfRange:
      return final(new NotAppliedError(text(error), { cause: error }));
    default:
      return { kind: "unknown" };
  }
}

function final(error: StoreError): Verdict {
  return { kind: "final", error };
}

function text({ message }: GrpcError): string {
  return `etcd: ${message.replace(/^etcdserver: /, "")}`;
}
