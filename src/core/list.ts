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
 * @remarks
 * They form a ring of which the list knows the last alone: a list lives long, and to write into what is old what was
 * just made costs the garbage collector more than to write it into another node.
 * @internal
 */
export class List<N extends Links> {
  last: N | undefined = undefined;

  get first(): N | undefined {
    return this.last?.next as N | undefined;
  }

  push(node: N): void {
    const last = this.last ?? node;
    const first = last.next ?? node;
    node.list = this;
    node.next = first;
    node.prev = last;
    last.next = node;
    first.prev = node;
    this.last = node;
  }

  shift(): N | undefined {
    const { first } = this;
    first?.unlink();
    return first;
  }

  /** Takes out `node`, which must be in this list. */
  remove(node: N): void {
    const prev = node.prev as N;
    const next = node.next as N;
    next.prev = prev;
    prev.next = next;
    if (node === this.last) this.last = node === next ? undefined : prev;
    node.next = undefined;
    node.prev = undefined;
    node.list = undefined;
  }
}
