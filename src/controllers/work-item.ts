import { ListNode } from "../core/list.js";

/**
 * One key's place in a work queue; there is never more than one. It stays when the work is done: keys come back.
 *
 * @internal
 */
export class WorkItem extends ListNode {
  readonly key: string;
  priority = 0;
  /** When it is due, on the runtime's clock; 0 is at once. */
  due = 0;
  state: "idle" | "delayed" | "ready" | "running" | "running-again" | "running-later" = "idle";
  /** Its index among the delayed; -1 elsewhere. */
  place = -1;
  /** What put it here, for traces. */
  reason = "";
  /** When it became ready, and then when it was taken, on the runtime's clock; -1 unless somebody measures. */
  since = -1;

  constructor(key: string) {
    super();
    this.key = key;
  }
}
