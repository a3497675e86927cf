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
