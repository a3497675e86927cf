import { type Kind, type Resource, type ResourceKey, parseLabelSelector } from "../resources/index.js";
import type { ObjectView } from "./object-index.js";
import { keyStringOf } from "./object-key.js";
import type { CacheListOptions, CacheReader } from "./reconcile-context.js";

/** What is read from memory, by kind. */
export type CacheViews = ReadonlyMap<string, ObjectView>;

/** The objects of a kind. @throws TypeError for a kind that the controller does not watch. */
export function viewOf(views: CacheViews, kind: string): ObjectView {
  const view = views.get(kind);
  if (view !== undefined) return view;
  throw new TypeError(
    `Expected \`kind\` to be one that the controller watches, got "${kind}"; add it to its \`reads\``,
  );
}

/** Reads what the views show, with the types that a kind brings along. */
export function cacheReader(views: CacheViews): CacheReader {
  return {
    get: <Spec, Status>(kind: Kind<Spec, Status, unknown>, key: ResourceKey) =>
      viewOf(views, kind.name).get(keyStringOf(kind, key)) as Resource<Spec, Status> | undefined,
    list: <Spec, Status>(kind: Kind<Spec, Status, unknown>, options?: CacheListOptions) =>
      selected(viewOf(views, kind.name), options) as readonly Resource<Spec, Status>[],
  };
}

function selected(view: ObjectView, options: CacheListOptions = {}): readonly Resource[] {
  const { namespace, labels, fields = {} } = options;
  const [first, ...others] = Object.entries(fields);
  let found = first === undefined ? view.list() : view.withField(...first);
  for (const [field, value] of others) {
    const also = new Set(view.withField(field, value));
    found = found.filter((resource) => also.has(resource));
  }
  if (namespace !== undefined) found = found.filter(({ metadata }) => metadata.namespace === namespace);
  if (labels === undefined) return found;
  const selector = parseLabelSelector(labels);
  return found.filter(({ metadata }) => selector.matches(metadata.labels));
}
