import { KeelsonError } from "../core/index.js";
import type { ResourceKey } from "./resource.js";

/**
 * Base of what a resource client fails with, beside the store's errors.
 *
 * @example
 * ```ts
 * import { NotFoundError, ResourceError } from "keelson/resources";
 *
 * new NotFoundError("App", { name: "web" }, "does not exist") instanceof ResourceError // => true
 * ```
 */
export abstract class ResourceError extends KeelsonError {
  /** The kind's name. */
  readonly kind: string;
  /** Which object. */
  readonly key: ResourceKey;

  constructor(kind: string, key: ResourceKey, message: string, options?: ErrorOptions) {
    super(`${describe(kind, key)} ${message}`, options);
    this.kind = kind;
    this.key = key;
  }
}

/**
 * An object as errors and logs name it: `Workload default/web`.
 *
 * @example
 * ```ts
 * import { describe } from "keelson/resources";
 *
 * describe("Workload", { namespace: "default", name: "web" }) // => "Workload default/web"
 * ```
 */
export function describe(kind: string, { name, namespace }: ResourceKey): string {
  return namespace === undefined ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}

/**
 * There is no such object, or not the one that was meant: a later one has its name.
 *
 * @example
 * ```ts
 * import { NotFoundError } from "keelson/resources";
 *
 * const error = new NotFoundError("App", { name: "web" }, "was refused");
 * error.code // => "RESOURCE_NOT_FOUND"
 * ```
 */
export class NotFoundError extends ResourceError {
  override readonly name = "NotFoundError";
  readonly code = "RESOURCE_NOT_FOUND";
}

/**
 * An object of that name exists.
 *
 * @example
 * ```ts
 * import { AlreadyExistsError } from "keelson/resources";
 *
 * const error = new AlreadyExistsError("App", { name: "web" }, "was refused");
 * error.code // => "RESOURCE_ALREADY_EXISTS"
 * ```
 */
export class AlreadyExistsError extends ResourceError {
  override readonly name = "AlreadyExistsError";
  readonly code = "RESOURCE_ALREADY_EXISTS";
}

/**
 * Somebody else wrote the object in between, or a precondition does not hold.
 *
 * @example
 * ```ts
 * import { ConflictError } from "keelson/resources";
 *
 * const error = new ConflictError("App", { name: "web" }, "was refused");
 * error.code // => "RESOURCE_CONFLICT"
 * ```
 */
export class ConflictError extends ResourceError {
  override readonly name = "ConflictError";
  readonly code = "RESOURCE_CONFLICT";
}

/** One thing wrong with an object. */
export interface FieldIssue {
  /** Where, such as `spec.template.ports[0].port`. */
  readonly path: string;
  /** What was expected and what came. */
  readonly message: string;
}

/**
 * The object is not valid: each issue names a field, what was expected and what came.
 *
 * @example
 * ```ts
 * import { InvalidResourceError } from "keelson/resources";
 *
 * const error = new InvalidResourceError("App", { name: "web" }, [{ path: "spec.replicas", message: "expected an integer, got \"many\"" }]);
 * error.code // => "RESOURCE_INVALID"
 * ```
 */
export class InvalidResourceError extends ResourceError {
  override readonly name = "InvalidResourceError";
  readonly code = "RESOURCE_INVALID";
  /** What is wrong with it. */
  readonly issues: readonly FieldIssue[];

  constructor(kind: string, key: ResourceKey, issues: readonly FieldIssue[], options?: ErrorOptions) {
    super(kind, key, `is invalid: ${issues.map(({ path, message }) => `${path}: ${message}`).join("; ")}`, options);
    this.issues = issues;
  }
}

/**
 * An admission hook refused the write; its error is the cause.
 *
 * @example
 * ```ts
 * import { ForbiddenError } from "keelson/resources";
 *
 * const error = new ForbiddenError("App", { name: "web" }, "was refused");
 * error.code // => "RESOURCE_FORBIDDEN"
 * ```
 */
export class ForbiddenError extends ResourceError {
  override readonly name = "ForbiddenError";
  readonly code = "RESOURCE_FORBIDDEN";
}

/**
 * The object was stored by a later version of its kind than this program knows; it can be read, not written.
 *
 * @example
 * ```ts
 * import { NewerVersionError } from "keelson/resources";
 *
 * const error = new NewerVersionError("App", { name: "web" }, "was refused");
 * error.code // => "RESOURCE_NEWER_VERSION"
 * ```
 */
export class NewerVersionError extends ResourceError {
  override readonly name = "NewerVersionError";
  readonly code = "RESOURCE_NEWER_VERSION";
}

/**
 * What is stored is not an object of its kind, or could not be upgraded to today's version of it.
 *
 * @example
 * ```ts
 * import { UnreadableResourceError } from "keelson/resources";
 *
 * const error = new UnreadableResourceError("App", { name: "web" }, "was refused");
 * error.code // => "RESOURCE_UNREADABLE"
 * ```
 */
export class UnreadableResourceError extends ResourceError {
  override readonly name = "UnreadableResourceError";
  readonly code = "RESOURCE_UNREADABLE";
}

/**
 * The client's fence did not hold: whoever it writes for has been replaced. Nothing was written.
 *
 * @example
 * ```ts
 * import { FencedError } from "keelson/resources";
 *
 * const error = new FencedError("App", { name: "web" }, "was refused");
 * error.code // => "RESOURCE_FENCED"
 * ```
 */
export class FencedError extends ResourceError {
  override readonly name = "FencedError";
  readonly code = "RESOURCE_FENCED";
}
