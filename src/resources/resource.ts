import type { Condition } from "./condition.js";

/** Names an object within its kind. */
export interface ResourceKey {
  /** Its name. */
  readonly name: string;
  /** Its namespace; `"default"` when left out, nothing for cluster-scoped kinds. */
  readonly namespace?: string | undefined;
}

/** Says that an object belongs to another, which is to take it along when it goes. */
export interface OwnerReference {
  /** The owner's kind. */
  readonly kind: string;
  /** The owner's name, in the same namespace or cluster-scoped. */
  readonly name: string;
  /** The owner's uid: a later object of the same name is not the owner. */
  readonly uid: string;
  /** Whether the owner manages the object; at most one owner does. */
  readonly controller?: boolean;
  /** Whether a foreground deletion of the owner waits for the object. */
  readonly blockOwnerDeletion?: boolean;
}

/** What every object has, whatever its kind. */
export interface ObjectMeta extends ResourceKey {
  /** Unique for all time. */
  readonly uid: string;
  /** Counts the changes of `spec`, and the first setting of `deletionTimestamp`; starts at 1. */
  readonly generation: number;
  /** The version of the object as a whole, for `replace` and preconditions; opaque, but orderable within one store. */
  readonly resourceVersion: string;
  /** When it was created: ISO 8601, UTC. */
  readonly creationTimestamp: string;
  /** When its deletion was asked for; it goes once the last finalizer is removed. */
  readonly deletionTimestamp?: string;
  /** Seconds it was given to end by itself. */
  readonly deletionGracePeriodSeconds?: number;
  /** Short values to select by. */
  readonly labels: Readonly<Record<string, string>>;
  /** Values nobody selects by. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Whom it belongs to. */
  readonly ownerReferences: readonly OwnerReference[];
  /** Who must clean up before it may go. */
  readonly finalizers: readonly string[];
}

/** What the status of most kinds has. */
export interface BaseStatus {
  /** The generation this status was computed from. */
  readonly observedGeneration?: number;
  /** Aspects that hold or do not, each with the time it last changed. */
  readonly conditions?: readonly Condition[];
}

/** An object as it is stored; deep-frozen when it comes from keelson. */
export interface Resource<Spec = unknown, Status = unknown> {
  /** The name of its kind. */
  readonly kind: string;
  /** What every object has. */
  readonly metadata: ObjectMeta;
  /** What is wanted; written by users and by controllers that own it. */
  readonly spec: Spec;
  /** What is; written by controllers only. */
  readonly status?: Status;
}

/** The parts of the metadata that a writer may set. */
export interface DraftMeta extends ResourceKey {
  /** Short values to select by. @defaultValue none */
  readonly labels?: Readonly<Record<string, string>>;
  /** Values nobody selects by. @defaultValue none */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Whom it belongs to. @defaultValue none */
  readonly ownerReferences?: readonly OwnerReference[];
  /** Who must clean up before it may go. @defaultValue none */
  readonly finalizers?: readonly string[];
}

/** An object to be created or applied. */
export interface ResourceDraft<SpecInput> {
  /** Its name, and what else a writer may set. */
  readonly metadata: DraftMeta;
  /** What is wanted, before defaults. */
  readonly spec: SpecInput;
}

/** What an `update` may change: labels, annotations, owners, finalizers and `spec`, in place. */
export interface UpdateDraft<Spec> {
  /** The parts of the metadata that a writer may change. */
  metadata: {
    labels: Record<string, string>;
    annotations: Record<string, string>;
    ownerReferences: OwnerReference[];
    finalizers: string[];
  };
  /** What is wanted. */
  spec: Mutable<Spec>;
}

/** A type without its `readonly`s, all the way down. */
export type Mutable<T> = T extends (...args: never) => unknown
  ? T
  : T extends readonly (infer E)[]
    ? Mutable<E>[]
    : T extends object
      ? { -readonly [K in keyof T]: Mutable<T[K]> }
      : T;
