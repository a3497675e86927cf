import type { Kind, Resource, ResourceClient, ResourceKey } from "../resources/index.js";
import type { Predicate } from "./predicate.js";

/** What else, beside its own objects, makes a controller look at a key again. */
export type Trigger =
  | {
      /** Changes of objects that an object of the controller's kind manages. */
      readonly type: "owns";
      /** Their kind. */
      readonly kind: Kind;
      /** Only changes that pass. */
      readonly when?: Predicate | undefined;
      /** Also objects that it owns without managing them. */
      readonly shared?: boolean | undefined;
      /** How soon. */
      readonly priority?: number | undefined;
    }
  | {
      /** Changes of any other objects. */
      readonly type: "watches";
      /** Their kind. */
      readonly kind: Kind;
      /** Which keys of the controller's kind one of them concerns. */
      readonly map: MapToKeys<Resource>;
      /** Only changes that pass. */
      readonly when?: Predicate | undefined;
      /** How soon. */
      readonly priority?: number | undefined;
    }
  | {
      /** Keys from elsewhere. */
      readonly type: "channel";
      /** The keys as they arrive. */
      readonly keys: AsyncIterable<ResourceKey>;
    };

/**
 * Which keys an object concerns; a failure is logged, and it is asked again, with back-off. A method, so that it fits
 * where any object's mapping is wanted.
 */
export type MapToKeys<R> = {
  /** The keys that a changed object concerns. */
  map(
    resource: R,
    tools: { readonly client: ResourceClient },
  ): readonly ResourceKey[] | Promise<readonly ResourceKey[]>;
}["map"];

/** Narrows a trigger. */
export interface TriggerOptions {
  /** Only changes that pass; deletions always do. */
  readonly when?: Predicate | undefined;
  /** Keys of a higher priority are looked at first. @defaultValue `0` */
  readonly priority?: number | undefined;
}

/** Narrows or widens {@link owns}. */
export interface OwnsOptions extends TriggerOptions {
  /** Every owner, not only the one that manages the object. @defaultValue `false` */
  readonly shared?: boolean | undefined;
}

/**
 * Looks at an owner again whenever an object that it manages changes; an object that changes owners wakes both.
 *
 * @remarks It deletes nothing: when an owner goes, `garbageCollector` of `keelson/reconcilers` does, where one runs.
 *
 * @example
 * ```ts
 * import { owns } from "keelson/controllers";
 * import { defineKind } from "keelson/resources";
 *
 * const Instance = defineKind<{ image: string }, { ready: boolean }>()("Instance");
 * owns(Instance).type // => "owns"
 * ```
 */
export function owns(kind: Kind, options: OwnsOptions = {}): Trigger {
  return { type: "owns", kind, ...options };
}

/**
 * Looks at the keys that `map` names whenever an object of `kind` changes; of a change, both the old and the new
 * object are mapped.
 *
 * @example
 * ```ts
 * import { watches } from "keelson/controllers";
 * import { defineKind } from "keelson/resources";
 *
 * const Node = defineKind<{ pool: string }, object>()("Node", { scope: "cluster" });
 * watches(Node, (node) => [{ namespace: "default", name: node.spec.pool }]).type // => "watches"
 * ```
 */
export function watches<Spec, Status, Input>(
  kind: Kind<Spec, Status, Input>,
  map: MapToKeys<Resource<Spec, Status>>,
  options: TriggerOptions = {},
): Trigger {
  return { type: "watches", kind, map, ...options };
}

/**
 * Looks at the keys that arrive from elsewhere, such as a channel's receiver, until they end or the manager stops.
 *
 * @example
 * ```ts
 * import { mpsc } from "keelson/channels";
 * import { channel } from "keelson/controllers";
 *
 * const [, rx] = mpsc.channel<{ name: string }>(16);
 * channel(rx).type // => "channel"
 * ```
 */
export function channel(keys: AsyncIterable<ResourceKey>): Trigger {
  return { type: "channel", keys };
}
