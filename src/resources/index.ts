/**
 * Typed objects with metadata, spec and status on any StateStore.
 *
 * @module resources
 */
export { type Condition, findCondition, isConditionTrue, setCondition } from "./condition.js";
export { type ResourceClientOptions, createResourceClient } from "./create-resource-client.js";
export { defineKind } from "./define-kind.js";
export {
  AlreadyExistsError,
  ConflictError,
  type FieldIssue,
  FencedError,
  ForbiddenError,
  InvalidResourceError,
  NewerVersionError,
  NotFoundError,
  ResourceError,
  UnreadableResourceError,
  describe,
} from "./errors.js";
export { type LabelRequirement, type LabelSelector, labelSelector, parseLabelSelector } from "./label-selector.js";
export type { FieldReader, Kind, KindOptions, ResourceOf, StoredParts } from "./kind.js";
export { keyOf } from "./object-key.js";
export { foregroundDeletion, isDeleting, orphanDependents, ownerOf, ownerReference } from "./owner.js";
export type {
  AdmissionHook,
  Applied,
  ApplyOptions,
  CreateOptions,
  DeleteOptions,
  InvalidObject,
  ListOptions,
  ResourceClient,
  ResourceEvent,
  ResourceList,
  ResourceWatchOptions,
  SelectOptions,
  WriteBehaviour,
  WriteOptions,
} from "./resource-client.js";
export type {
  BaseStatus,
  DraftMeta,
  Mutable,
  ObjectMeta,
  OwnerReference,
  Resource,
  ResourceDraft,
  ResourceKey,
  UpdateDraft,
} from "./resource.js";
export * as s from "./schema.js";
export type { SchemaIssue, SchemaResult, StandardSchema, StandardSchemaProps } from "./standard-schema.js";
export { type ResourceWaitOptions, waitFor, waitForDeletion } from "./wait-for.js";
