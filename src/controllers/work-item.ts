/**
 * One key's place in a work queue; there is never more than one.
 *
 * @internal
 */
export interface WorkItem {
  readonly key: string;
  priority: number;
  /** When it is due, on the runtime's clock; 0 is at once. */
  due: number;
  state: "delayed" | "ready" | "running" | "running-again" | "running-later";
  /** Its index among the delayed; -1 elsewhere. */
  place: number;
}
