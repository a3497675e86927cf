/**
 * A time-limited hold on keys: unless it is kept alive it expires, and takes its keys with it in one revision.
 *
 * @remarks
 * It is renewed only when told to ({@link Lease.keepAliveOnce}). Its deadline is counted from when the last successful
 * request was *sent*, so it is never later than the store's own.
 */
export interface Lease extends AsyncDisposable {
  /** Names it in puts and compares. */
  readonly id: string;
  /** Milliseconds it lives without being kept alive. */
  readonly ttlMs: number;
  /** Aborts at the deadline, when it is revoked, and when the store says it is gone. */
  readonly signal: AbortSignal;
  /** Until when it surely holds, on the runtime's monotonic clock. */
  deadline(): number;
  /**
   * Prolongs it by its full time to live.
   *
   * @throws LeaseNotFoundError once it has expired or was revoked; it stays so.
   */
  keepAliveOnce(options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
  /** Ends it and deletes its keys; harmless when it has ended. Disposing it does the same. */
  revoke(): Promise<void>;
}
