import type { FieldIssue } from "./errors.js";
import type { Resource } from "./resource.js";
import type { StandardSchema } from "./standard-schema.js";

/** How {@link defineKind} describes a kind. */
export interface KindOptions<Spec, Status, SpecInput> {
  /** Whether its objects live in a namespace or are one per cluster. @defaultValue `"namespaced"` */
  readonly scope?: "namespaced" | "cluster";
  /** The version of the spec's shape that this program writes. @defaultValue `1` */
  readonly version?: number;
  /** Validates the spec at each write that changes it; its output, with defaults filled in, is what is stored. */
  readonly schema?: StandardSchema<SpecInput, Spec>;
  /** Turns a spec and status stored by an older `version` into today's; persists at the next write. */
  upgrade?(stored: StoredParts, version: number): { readonly spec: Spec; readonly status?: Status };
  /** Refuses a change of a spec that is valid by itself; `undefined` lets it pass. */
  validateUpdate?(next: Spec, previous: Spec): FieldIssue | undefined;
  /** Named fields by which `list` may select and caches may index. */
  readonly fields?: Readonly<Record<string, FieldReader<Resource<Spec, Status>>>>;
}

/** The parts of an object that its kind's version describes. */
export interface StoredParts {
  /** As it was stored. */
  readonly spec: unknown;
  /** As it was stored. */
  readonly status?: unknown;
}

/** Reads the value of a named field. A method, so that a kind fits where any kind is wanted. */
export type FieldReader<R> = {
  /** Reads the field. */
  read(resource: R): string | undefined;
}["read"];

/** A kind of object: its name, how its specs are checked, and their types. */
export interface Kind<Spec = unknown, Status = unknown, SpecInput = Spec> {
  /** Its name in CamelCase, such as `"Workload"`. */
  readonly name: string;
  /** Whether its objects live in a namespace or are one per cluster. */
  readonly scope: "namespaced" | "cluster";
  /** The version of the spec's shape that this program writes. */
  readonly version: number;
  /** The rest of its description. */
  readonly options: KindOptions<Spec, Status, SpecInput>;
  /** The object type, for the type checker only. */
  readonly "~resource"?: Resource<Spec, Status>;
}

/** The object type of a kind: `type Workload = ResourceOf<typeof Workload>`. */
export type ResourceOf<K extends Kind> = NonNullable<K["~resource"]>;
