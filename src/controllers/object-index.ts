import { shown } from "../core/check.js";
import type { FieldReader, Kind, Resource } from "../resources/index.js";
import { keyString } from "./object-key.js";

/** What can be asked of the objects of one kind. */
export interface ObjectView {
  get(key: string): Resource | undefined;
  list(): readonly Resource[];
  /** The objects that the object of that uid manages. */
  ownedBy(uid: string): readonly Resource[];
  /** The objects whose declared field has that value. @throws TypeError for a field that is not declared. */
  withField(field: string, value: string): readonly Resource[];
}

/** Objects by key below some value, such as an owner's uid. */
type Buckets = Map<string, Map<string, Resource>>;

/**
 * Objects of one kind by key, by the uid of the owner that manages them, and by the fields that the kind declares.
 *
 * @internal
 */
export class ObjectIndex implements ObjectView {
  readonly #kind: string;
  readonly #objects = new Map<string, Resource>();
  readonly #byOwner: Buckets = new Map();
  readonly #fields: readonly (readonly [name: string, read: FieldReader<Resource>])[];
  readonly #byField: ReadonlyMap<string, Buckets>;

  constructor({ name, options }: Kind) {
    this.#kind = name;
    this.#fields = Object.entries(options.fields ?? {});
    this.#byField = new Map(this.#fields.map(([field]) => [field, new Map()]));
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): Resource | undefined {
    return this.#objects.get(key);
  }

  keys(): Iterable<string> {
    return this.#objects.keys();
  }

  list(): readonly Resource[] {
    return [...this.#objects.values()];
  }

  ownedBy(uid: string): readonly Resource[] {
    return [...(this.#byOwner.get(uid)?.values() ?? [])];
  }

  withField(field: string, value: string): readonly Resource[] {
    const buckets = this.#byField.get(field);
    if (buckets !== undefined) return [...(buckets.get(value)?.values() ?? [])];
    const declared = this.#fields.map(([name]) => JSON.stringify(name)).join(", ");
    throw new TypeError(
      `Expected \`fields\` to name fields that ${this.#kind} declares (${declared || "none"}), got ${shown(field)}`,
    );
  }

  /** Takes an object in, in place of what had its key; answers that. */
  put(resource: Resource): Resource | undefined {
    const key = keyString(resource.metadata);
    const known = this.#objects.get(key);
    if (known !== undefined) this.#unindex(key, known);
    this.#objects.set(key, resource);
    for (const { uid, controller } of resource.metadata.ownerReferences) {
      if (controller === true) addTo(this.#byOwner, uid, key, resource);
    }
    for (const [field, read] of this.#fields) {
      const value = valueOf(read, resource);
      const buckets = this.#byField.get(field);
      if (value !== undefined && buckets !== undefined) addTo(buckets, value, key, resource);
    }
    return known;
  }

  /** Takes out what has the key of an object. */
  remove({ metadata }: Resource): void {
    const key = keyString(metadata);
    const known = this.#objects.get(key);
    if (known === undefined) return;
    this.#objects.delete(key);
    this.#unindex(key, known);
  }

  #unindex(key: string, known: Resource): void {
    for (const { uid } of known.metadata.ownerReferences) dropFrom(this.#byOwner, uid, key);
    for (const [field, read] of this.#fields) {
      const value = valueOf(read, known);
      const buckets = this.#byField.get(field);
      if (value !== undefined && buckets !== undefined) dropFrom(buckets, value, key);
    }
  }
}

function addTo(buckets: Buckets, value: string, key: string, resource: Resource): void {
  const bucket = buckets.get(value);
  if (bucket === undefined) buckets.set(value, new Map([[key, resource]]));
  else bucket.set(key, resource);
}

function dropFrom(buckets: Buckets, value: string, key: string): void {
  const bucket = buckets.get(value);
  bucket?.delete(key);
  if (bucket?.size === 0) buckets.delete(value);
}

/** A field that cannot be read has no value; what reads it is the user's, and must not end the cache. */
function valueOf(read: FieldReader<Resource>, resource: Resource): string | undefined {
  try {
    return read(resource);
  } catch {
    return undefined;
  }
}
