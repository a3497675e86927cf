/**
 * Typed objects with metadata, spec and status on any StateStore.
 *
 * @module resources
 */
export type { Condition } from "./condition.js";
export {
  AlreadyExistsError,
  ConflictError,
  type FieldIssue,
  ForbiddenError,
  InvalidResourceError,
  NotFoundError,
  ResourceError,
  describe,
} from "./errors.js";
export type { FieldReader, Kind, KindOptions, ResourceOf, StoredParts } from "./kind.js";
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
export type { SchemaIssue, SchemaResult, StandardSchema, StandardSchemaProps } from "./standard-schema.js";
