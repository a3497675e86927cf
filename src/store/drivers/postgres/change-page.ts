import { StoreUnavailableError } from "../../errors.js";
import type { Revision } from "../../key-value.js";
import { type Row, revisionOf } from "./rows.js";

/** Changes that one page may have, and bytes of values after which it ends. */
export interface PageSize {
  readonly events: number;
  readonly bytes: number;
}

const largest: PageSize = { events: 1_000, bytes: 4 * 1_024 * 1_024 };
const smallestShare: number = 1 / 256;

/** How large pages are: smaller after a connection was lost, so that some arrive before the next one is. */
export class PageSizes {
  #share = 1;

  /** Reads a page, as large as has worked lately. */
  async read<T>(page: (size: PageSize) => Promise<T>): Promise<T> {
    const share = this.#share;
    const { events, bytes } = largest;
    try {
      const read = await page({ events: Math.ceil(events * share), bytes: Math.ceil(bytes * share) });
      this.#share = Math.min(1, 2 * share);
      return read;
    } catch (error) {
      if (error instanceof StoreUnavailableError) this.#share = Math.max(smallestShare, share / 4);
      throw error;
    }
  }
}

/** The rows of whole revisions, and the revision at which the page was cut, if it was. */
export function upToPage(
  all: readonly Row[],
  { events, bytes }: PageSize,
): { readonly rows: readonly Row[]; readonly cut: Revision | undefined } {
  const last = all.at(-1);
  const isCut = last !== undefined && (all.length > events || Number(last["bytes"]) > bytes);
  if (!isCut) return { rows: all, cut: undefined };
  const cut = revisionOf(last);
  return { rows: all.filter((row) => revisionOf(row) !== cut), cut };
}
