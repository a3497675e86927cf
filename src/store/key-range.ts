/**
 * Which keys: one, all that begin with a prefix (`""` is every key), or from `start` up to but not including `end`
 * (without `end`: to the last key). Order and bounds are by the bytes of the UTF-8 form.
 */
export type KeyRange =
  { readonly key: string } | { readonly prefix: string } | { readonly start: string; readonly end?: string };
