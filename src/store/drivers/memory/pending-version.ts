import type { Revision } from "../../key-value.js";
import type { WatchEvent } from "../../watch-batch.js";
import type { PendingChange } from "../shared/watch-buffer.js";
import { type Version, toKeyValue } from "./version.js";

/** A change in a watch's buffer; nothing is copied before it is taken. */
export class PendingVersion implements PendingChange {
  readonly bytes: number;
  readonly #version: Version;
  /** Taken at once where it is wanted: compaction may cut it off before it is delivered. */
  readonly #prev: Version | undefined;

  constructor(version: Version, prevKv: boolean) {
    this.#version = version;
    this.#prev = prevKv ? version.prev : undefined;
    this.bytes = (version.value?.length ?? 0) + (this.#prev?.value?.length ?? 0);
  }

  get revision(): Revision {
    return this.#version.modRevision;
  }

  toEvent(): WatchEvent {
    return toEvent(this.#version, this.#prev);
  }
}

/** A change as the consumer of a watch gets it. */
export function toEvent(version: Version, prev: Version | undefined): WatchEvent {
  const kv = toKeyValue(version);
  const type = version.value === undefined ? "delete" : "put";
  return prev?.value === undefined ? { type, kv } : { type, kv, prev: toKeyValue(prev) };
}
