/** What a list keeps in those who stand in it. */
export interface Links {
  /** @internal */
  prev: Links | undefined;
  /** @internal */
  next: Links | undefined;
  /** @internal */
  list: List<Links> | undefined;
  /** Leaves the list it is in, if any, in constant time. */
  unlink(): void;
}

/**
 * A place in a list that carries its own links, so that linking allocates nothing; the base of a waiter.
 *
 * @example
 * ```ts
 * import { ListNode } from "keelson/core";
 *
 * class Place extends ListNode {}
 * new Place().unlink(); // => undefined
 * ```
 */
export class ListNode implements Links {
  /** @internal */
  prev: Links | undefined = undefined;
  /** @internal */
  next: Links | undefined = undefined;
  /** @internal */
  list: List<Links> | undefined = undefined;

  /** Leaves the list it is in, if any, in constant time. */
  unlink(): void {
    this.list?.remove(this);
  }
}

/**
 * A doubly linked list of nodes that carry their own links.
 *
 * @internal
 */
export class List<N extends Links> {
  first: N | undefined = undefined;
  last: N | undefined = undefined;
  length = 0;

  push(node: N): void {
    node.list = this;
    node.prev = this.last;
    node.next = undefined;
    if (this.last === undefined) this.first = node;
    else this.last.next = node;
    this.last = node;
    this.length += 1;
  }

  shift(): N | undefined {
    const first = this.first;
    if (first !== undefined) this.remove(first);
    return first;
  }

  remove(node: N): void {
    const { prev, next } = node;
    if (prev === undefined) this.first = next as N | undefined;
    else prev.next = next;
    if (next === undefined) this.last = prev as N | undefined;
    else next.prev = prev;
    node.prev = undefined;
    node.next = undefined;
    node.list = undefined;
    this.length -= 1;
  }
}
