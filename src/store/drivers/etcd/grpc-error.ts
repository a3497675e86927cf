/** gRPC's status codes, as far as they matter here. */
export const grpcCode = {
  cancelled: 1,
  invalidArgument: 3,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  outOfRange: 11,
  unimplemented: 12,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** How far a call that failed may have got. */
export type Progress =
  /** The server surely did not look at it. */
  | "refused"
  /** The connection ended before the answer came. */
  | "lost"
  /** The server said so. */
  | "answered";

/** A call that failed: what the server said, or that it did not. */
export class GrpcError extends Error {
  override readonly name = "GrpcError";
  readonly code: number;
  readonly progress: Progress;

  constructor(code: number, message: string, progress: Progress, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.progress = progress;
  }
}
