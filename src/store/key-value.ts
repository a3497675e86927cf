/** A point in a store's history: every transaction that changes something gets the next one; a safe integer. */
export type Revision = number;

/** A key, its value, and where it stands in the store's history. */
export interface KeyValue {
  /** Well-formed Unicode of 1 to 1,024 UTF-8 bytes without U+0000. */
  readonly key: string;
  /** A copy of the stored bytes. */
  readonly value: Uint8Array;
  /** When the key was last created. */
  readonly createRevision: Revision;
  /** When it was last put. */
  readonly modRevision: Revision;
  /** How often it was put since it was created; 1 after the first. */
  readonly version: number;
  /** The lease that will take the key with it, if any. */
  readonly leaseId?: string;
}
