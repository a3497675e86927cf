import type { Revision } from "../../key-value.js";
import { pageBytes, pageEvents } from "./queries.js";
import { type Row, revisionOf } from "./rows.js";

/** The rows of whole revisions, and the revision at which the page was cut, if it was. */
export function upToPage(all: readonly Row[]): { readonly rows: readonly Row[]; readonly cut: Revision | undefined } {
  const last = all.at(-1);
  const isCut = last !== undefined && (all.length > pageEvents || Number(last["bytes"]) > pageBytes);
  if (!isCut) return { rows: all, cut: undefined };
  const cut = revisionOf(last);
  return { rows: all.filter((row) => revisionOf(row) !== cut), cut };
}
