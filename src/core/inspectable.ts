type Inspect = (value: unknown, options: unknown) => string;

interface Shown {
  shown(): readonly [name: string, fields: object];
}

/** Lets the instances of a class print what they have `shown()`. */
export function inspectable(type: { readonly prototype: object }): void {
  // Defined here and not as a member: declarations of exported classes may not have such a key.
  Object.assign(type.prototype, {
    [Symbol.for("nodejs.util.inspect.custom")](
      this: Shown,
      _depth: number,
      options: unknown,
      inspect: Inspect,
    ): string {
      const [name, fields] = this.shown();
      return `${name} ${inspect(fields, options)}`;
    },
  });
}

/** Lets the instances of a class print these of their properties, under the name by which users know it. */
export function showing<T>(
  type: { readonly prototype: T & object },
  name: string,
  ...fields: readonly (keyof T)[]
): void {
  Object.defineProperty(type.prototype, "shown", {
    value(this: T) {
      return [name, Object.fromEntries(fields.map((field) => [field, this[field]]))];
    },
  });
  inspectable(type);
}
