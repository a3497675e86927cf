import { List } from "../core/list.js";
import type { WorkItem } from "./work-item.js";

interface Lane {
  readonly priority: number;
  readonly items: List<WorkItem>;
}

/**
 * A queue with priorities: first in, first out within each. There are few distinct priorities, so a list each beats a
 * heap; an item leaves its list from anywhere in constant time.
 *
 * @internal
 */
export class ReadyLanes {
  length = 0;
  /** Highest priority first; a lane stays once it is there. */
  #lanes: readonly Lane[] = [];

  push(item: WorkItem): void {
    this.#lane(item.priority).items.push(item);
    this.length += 1;
  }

  shift(): WorkItem | undefined {
    for (const { items } of this.#lanes) {
      const item = items.shift();
      if (item === undefined) continue;
      this.length -= 1;
      return item;
    }
    return undefined;
  }

  remove(item: WorkItem): void {
    item.unlink();
    this.length -= 1;
  }

  clear(): void {
    this.#lanes = [];
    this.length = 0;
  }

  #lane(priority: number): Lane {
    for (const lane of this.#lanes) if (lane.priority === priority) return lane;
    const lane = { priority, items: new List<WorkItem>() };
    this.#lanes = [...this.#lanes, lane].sort((a, b) => b.priority - a.priority);
    return lane;
  }
}
