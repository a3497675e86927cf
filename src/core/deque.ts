/**
 * A queue on a ring that grows by doubling: push, shift and unshift take constant time at any depth
 * (`Array#shift` costs microseconds an item once tens of thousands are queued).
 *
 * @internal
 */
export class Deque<T> {
  length = 0;
  private ring: (T | undefined)[] = [];
  private head = 0;

  push(value: T): void {
    if (this.length === this.ring.length) this.grow();
    this.ring[(this.head + this.length) & (this.ring.length - 1)] = value;
    this.length += 1;
  }

  unshift(value: T): void {
    if (this.length === this.ring.length) this.grow();
    this.head = (this.head - 1) & (this.ring.length - 1);
    this.ring[this.head] = value;
    this.length += 1;
  }

  /** Takes the oldest value; its slot is cleared so that nothing is retained. */
  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const value = this.ring[this.head];
    this.ring[this.head] = undefined;
    this.head = (this.head + 1) & (this.ring.length - 1);
    this.length -= 1;
    return value;
  }

  peek(): T | undefined {
    return this.ring[this.head];
  }

  /** The value `index` places behind the oldest. */
  at(index: number): T | undefined {
    return index < this.length ? this.ring[(this.head + index) & (this.ring.length - 1)] : undefined;
  }

  clear(): void {
    this.ring = [];
    this.head = 0;
    this.length = 0;
  }

  private grow(): void {
    const old = this.ring;
    const size = Math.max(4, old.length * 2);
    const ring = new Array<T | undefined>(size).fill(undefined);
    for (let index = 0; index < this.length; index += 1) {
      ring[index] = old[(this.head + index) & (old.length - 1)];
    }
    this.ring = ring;
    this.head = 0;
  }
}
