import { type Kind, type Resource, type ResourceOf, defineKind } from "../resources/index.js";

/** What happened to an object, for people; see {@link ObjectEvent}. */
export interface ObjectEventSpec {
  /** The object that it is about. */
  readonly regarding: {
    /** Its kind. */
    readonly kind: string;
    /** Its name. */
    readonly name: string;
    /** Its namespace, unless it is cluster-scoped. */
    readonly namespace?: string | undefined;
    /** Its uid. */
    readonly uid: string;
  };
  /** Whether somebody should look. */
  readonly type: "Normal" | "Warning";
  /** What, as one CamelCase word for programs. */
  readonly reason: string;
  /** What, as a sentence for people. */
  readonly message: string;
  /** The controller that says so. */
  readonly source: string;
  /** How often it happened. */
  readonly count: number;
  /** When it happened first: ISO 8601, UTC. */
  readonly firstTime: string;
  /** When it happened last: ISO 8601, UTC. */
  readonly lastTime: string;
}

/**
 * The kind of what `ctx.event` records; its objects go by themselves after about an hour.
 *
 * @example
 * ```ts
 * import { ObjectEvent } from "keelson/controllers";
 * import { createResourceClient } from "keelson/resources";
 * import { memoryStore } from "keelson/store/memory";
 *
 * const client = createResourceClient(memoryStore());
 * const { items } = await client.list(ObjectEvent, { fields: { regarding: "Team/red" } });
 * items.length // => 0
 * ```
 */
export const ObjectEvent: Kind<ObjectEventSpec> = defineKind<ObjectEventSpec>()("Event", {
  fields: {
    regarding: ({ spec }) => `${spec.regarding.kind}/${spec.regarding.name}`,
    type: ({ spec }) => spec.type,
    reason: ({ spec }) => spec.reason,
  },
});

/** What happened to an object. */
export type ObjectEvent = ResourceOf<typeof ObjectEvent>;

/** What a reconciler says has happened. */
export interface Happening {
  readonly resource: Resource;
  readonly source: string;
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}
