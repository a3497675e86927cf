import { TimeoutError } from "../core/index.js";
import type { Condition } from "./condition.js";
import { describe } from "./errors.js";
import type { Kind } from "./kind.js";
import type { ResourceEvent } from "./resource-client.js";
import type { Resource, ResourceKey } from "./resource.js";

/** What is told of an object: events, or what one read found. */
type Seen = Pick<ResourceEvent<unknown, unknown>, "type"> & { readonly resource?: Resource };

/** How an object that is waited for was last seen: most waits in vain are explained by it. */
export class LastSight {
  readonly key: ResourceKey;
  readonly #kind: Kind;
  #last: Resource | "absent" | undefined = undefined;

  constructor(kind: Kind, key: ResourceKey) {
    this.#kind = kind;
    this.key = key;
  }

  see({ type, resource }: Seen): void {
    if (type === "deleted") this.#last = "absent";
    else if (resource !== undefined) this.#last = resource;
    else if (type === "synced") this.#last ??= "absent";
  }

  /** Why the wait was in vain. */
  timedOut(ms: number): TimeoutError {
    const object = describe(this.#kind.name, this.key);
    return new TimeoutError(ms, { cause: new Error(told(object, this.#last)) });
  }
}

function told(object: string, last: Resource | "absent" | undefined): string {
  if (last === undefined) return `nothing was heard of ${object} yet`;
  if (last === "absent") return `there was no ${object}`;
  const { deletionTimestamp, finalizers } = last.metadata;
  const going = deletionTimestamp === undefined ? "" : `, its deletion waiting for ${finalizers.join(", ")}`;
  return `${object} was last seen with ${conditionsOf(last)}${going}`;
}

function conditionsOf({ status }: Resource): string {
  const conditions = (status as { readonly conditions?: readonly Condition[] } | undefined)?.conditions;
  if (!Array.isArray(conditions) || conditions.length === 0) return "no conditions";
  return (conditions as readonly Condition[])
    .map(
      ({ type, status: holds, reason, message }) =>
        `${type} ${holds} (${[reason, message].filter(Boolean).join(": ")})`,
    )
    .join(", ");
}
