import { type Links, List } from "./list.js";

/**
 * A list that knows how many stand in it.
 *
 * @internal
 */
export class CountedList<N extends Links> extends List<N> {
  length = 0;

  override push(node: N): void {
    super.push(node);
    this.length += 1;
  }

  override remove(node: N): void {
    super.remove(node);
    this.length -= 1;
  }
}
