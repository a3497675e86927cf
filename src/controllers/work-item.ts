import { ListNode } from "../core/list.js";

/**
 * One key's place in a work queue; there is never more than one.
 *
 * @internal
 */
export class WorkItem extends ListNode {
  readonly key: string;
  priority: number;
  /** When it is due, on the runtime's clock; 0 is at once. */
  due: number;
  state: "delayed" | "ready" | "running" | "running-again" | "running-later" = "delayed";
  /** Its index among the delayed; -1 elsewhere. */
  place = -1;
  /** What put it here, for traces. */
  reason: string;
  /** When it became ready, and then when it was taken, on the runtime's clock; -1 unless somebody measures. */
  since = -1;

  constructor(key: string, priority: number, due: number, reason: string) {
    super();
    this.key = key;
    this.priority = priority;
    this.due = due;
    this.reason = reason;
  }
}
