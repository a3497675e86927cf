import type { Revision } from "./key-value.js";

/** How two numbers are compared. */
export type Comparison = "=" | "!=" | "<" | ">";

/**
 * A condition of a transaction on one key.
 *
 * @remarks An absent key has version and revisions 0 and no lease; comparing its value is false, whatever the operator.
 */
export type Compare =
  | {
      readonly key: string;
      readonly target: "value";
      readonly op: "=" | "!=";
      readonly value: Uint8Array;
    }
  | {
      readonly key: string;
      readonly target: "version" | "createRevision" | "modRevision";
      readonly op: Comparison;
      readonly value: number;
    }
  | {
      readonly key: string;
      readonly target: "lease";
      readonly op: "=" | "!=";
      readonly value?: string;
    };

/** Conditions on one key, as {@link when} builds them. */
export interface When {
  /** Compares the stored bytes. */
  value(op: "=" | "!=", value: Uint8Array): Compare;
  /** Compares how often the key was put since its creation; `0` for an absent key. */
  version(op: Comparison, version: number): Compare;
  /** Compares when the key was created; `0` for an absent key. */
  createRevision(op: Comparison, revision: Revision): Compare;
  /** Compares when the key was last put; `0` for an absent key. */
  modRevision(op: Comparison, revision: Revision): Compare;
  /** Compares the lease the key is attached to; leave out the id for "no lease". */
  lease(op: "=" | "!=", leaseId?: string): Compare;
}

/**
 * Builds the conditions of a transaction.
 *
 * @example
 * ```ts
 * import { when } from "keelson/store";
 *
 * when("/leader").version("=", 0) // => { key: "/leader", target: "version", op: "=", value: 0 }
 * ```
 */
export function when(key: string): When {
  return {
    value: (op, value) => ({ key, target: "value", op, value }),
    version: (op, value) => ({ key, target: "version", op, value }),
    createRevision: (op, value) => ({ key, target: "createRevision", op, value }),
    modRevision: (op, value) => ({ key, target: "modRevision", op, value }),
    lease: (op, value) => (value === undefined ? { key, target: "lease", op } : { key, target: "lease", op, value }),
  };
}
